import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadCollectors } from '../../../collectors/registry.ts'
import { idOf, readOpenApi, type StarterAnswers, starterConfiguration } from '../../../src/app/starter.ts'
import { parseConfig } from '../../../src/config/config.ts'

const answers: StarterAnswers = {
  organisation: 'Example Retail Ltd',
  timeZone: 'Europe/Zurich',
  system: 'Customer Data API',
  host: 'api.example.com',
  openapi: 'openapi.yaml',
  issuer: 'https://login.example.com',
  passphrase: 'env:AFFIDAVIT_PASSPHRASE',
}

const collectors = await loadCollectors()
const parse = (text: string) => parseConfig(text, 'affidavit.yaml', [...collectors.values()])

test('whatever is answered, the configuration is valid and says what was answered', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '')
  fc.assert(
    fc.property(name, name, fc.boolean(), (organisation, system, known) => {
      const config = parse(
        starterConfiguration({ ...answers, organisation, system, host: known ? answers.host : null }),
      )
      expect(config.organisation.name).toBe(organisation.trim())
      expect(config.systems[0]?.name).toBe(system.trim())
    }),
    { numRuns: 30 },
  )
})

test('what is commented out is valid too', () => {
  const text = starterConfiguration(answers).replaceAll(
    /^( *)# ((?:controls|exceptions|retention|timestamp):|data: .*|- id: audit-log| {2}.*)$/gm,
    '$1$2',
  )
  const config = parse(text)
  expect(config.exceptions).toHaveLength(1)
  expect(config.retention.policies).toMatchObject([{ data: 'personal', keep: { unit: 'days', count: 400 } }])
  expect(config.plan.map(({ id }) => id)).toContain('customer-data-api/audit-log/log-retention')
})

test('an OpenAPI document gives title, host and issuer, and an odd one gives nothing', () => {
  const document = {
    info: { title: 'Orders API' },
    servers: [{ url: 'https://orders.example.com:9443/v1' }],
    components: {
      securitySchemes: { idp: { openIdConnectUrl: 'https://login.example.com/.well-known/openid-configuration' } },
    },
  }
  expect(readOpenApi(JSON.stringify(document))).toEqual({
    title: 'Orders API',
    host: 'orders.example.com:9443',
    issuer: 'https://login.example.com',
  })
  expect(readOpenApi('[]')).toEqual({ title: null, host: null, issuer: null })
  expect(readOpenApi('servers: [{ url: /relative }]').host).toBeNull()
})

test('an id is made of any name', () => {
  expect(idOf('Customer Data API')).toBe('customer-data-api')
  expect(idOf('Zürich, Büro')).toBe('zu-rich-bu-ro')
  expect(idOf('客户')).toBe('system')
  expect(idOf('2026')).toBe('system-2026')
})
