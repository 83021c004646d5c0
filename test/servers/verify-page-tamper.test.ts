import { vi } from 'vitest'
import { tamperSuite } from '../helpers/tamper/suite.ts'

/* The verifier as the page has it: WebCrypto and DecompressionStream in place of Node's primitives. */
vi.mock('../../src/signing/cms/primitives.ts', () => import('../../verify-page/primitives.ts'))

tamperSuite('p256', 'B-T')
