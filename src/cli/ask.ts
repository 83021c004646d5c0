import { createInterface } from 'node:readline/promises'
import { ConfigError } from '../model/errors.ts'
import { InterruptedError } from './exit.ts'
import { tell } from './terminal.ts'

/** The line that a person answers on the terminal; throws InterruptedError where they leave. `kept` says what that means. */
export async function answerTo(question: string, signal: AbortSignal, kept: string): Promise<string> {
  const line = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await line.question(question, { signal })
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
    tell()
    throw new InterruptedError(kept, { cause: error })
  } finally {
    line.close()
  }
}

/** Goes on only where a person types "yes", or gave --yes; throws ConfigError where nobody can be asked. */
export async function confirmErasure(what: string, yes: boolean, signal: AbortSignal): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY) {
    throw new ConfigError('AFD_ERASE_CONFIRM', `${what}: nobody is here to confirm it; nothing was erased`, {
      hint: 'look at it first, then give --yes',
    })
  }
  const answer = await answerTo(`${what}, for good? Type yes: `, signal, 'nothing was erased')
  return answer.trim() === 'yes'
}
