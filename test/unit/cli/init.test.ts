import { expect, test } from 'vitest'
import { answerProblem } from '../../../src/cli/init.ts'

test.each([
  ['host', 'https://api.example.com'],
  ['host', 'api.example.com:99999'],
  ['host', 'api.example.com:0'],
  ['host', 'bad host'],
  ['host', ''],
  ['timeZone', 'Mars/Zurich'],
  ['issuer', 'login.example.com'],
  ['issuer', 'file:///etc/passwd'],
  ['passphrase', 'hunter2'],
  ['organisation', ' '],
])('%s "%s" will not do', (name, value) => {
  expect(answerProblem(name, value)).toBeDefined()
})

test.each([
  ['host', 'api.example.com'],
  ['host', '10.0.0.7:8443'],
  ['timeZone', 'Europe/Zurich'],
  ['issuer', 'https://login.example.com/realms/a'],
  ['passphrase', 'file:secrets/passphrase'],
  ['organisation', 'Bäckerei & Söhne'],
  ['yes', 'true'],
])('%s "%s" will do', (name, value) => {
  expect(answerProblem(name, value)).toBeUndefined()
})
