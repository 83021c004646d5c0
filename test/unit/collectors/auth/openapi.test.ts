import fc from 'fast-check'
import { expect, test } from 'vitest'
import { operationsIn } from '../../../../collectors/auth/openapi.ts'
import { planOperations } from '../../../../collectors/auth/operations.ts'
import { AuthTarget } from '../../../../collectors/auth/target.ts'
import { CollectionError } from '../../../../src/model/errors.ts'

const document = `
openapi: 3.1.0
info: { title: Orders, version: '1' }
security: [{ bearer: [] }]
paths:
  /orders:
    parameters:
      - { name: tenant, in: query, required: true, schema: { default: acme } }
      - { name: page, in: query, schema: { default: 1 } }
    get: {}
    post: { security: [] }
  /orders/{id}:
    get:
      parameters: [{ $ref: '#/components/parameters/Id' }]
    delete:
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
  /status:
    get: { security: [{}, { bearer: [] }] }
    options: {}
  /files/{name}/{version}:
    get:
      parameters:
        - { name: name, in: path, required: true, examples: { first: { value: 'a/b c' } } }
        - { name: version, in: path, required: true, schema: { enum: [7, 8] } }
        - { name: X-Trace, in: header, required: true, schema: { example: on } }
components:
  parameters:
    Id: { name: id, in: path, required: true, example: 42 }
`

function planFor(api: object, text = document) {
  const { api: parsed } = AuthTarget.parse({
    api: { baseUrl: 'https://api.example.test/v1/', openapi: 'api.yaml', ...api },
  })
  if (parsed === undefined) throw new Error('no api')
  return planOperations(parsed, operationsIn(text, 'api.yaml'))
}

test('every operation is found, with what it needs filled from the document', () => {
  const { operations } = planFor({})
  expect(operations.map(({ subject, url, headers }) => ({ subject, url, headers }))).toEqual([
    {
      subject: 'GET https://api.example.test/v1/orders',
      url: 'https://api.example.test/v1/orders?tenant=acme',
      headers: {},
    },
    {
      subject: 'GET https://api.example.test/v1/orders/{id}',
      url: 'https://api.example.test/v1/orders/42',
      headers: {},
    },
    {
      subject: 'GET https://api.example.test/v1/files/{name}/{version}',
      url: 'https://api.example.test/v1/files/a%2Fb%20c/7',
      headers: { 'x-trace': 'on' },
    },
  ])
})

test('what is public, carries no credential or cannot be filled is left out, and why', () => {
  const { leftOut } = planFor({})
  expect(leftOut.map(({ probe }) => probe)).toEqual([
    'POST /orders',
    'DELETE /orders/{id}',
    'GET /status',
    'OPTIONS /status',
  ])
  expect(leftOut.every(({ reason }) => reason.length > 10)).toBe(true)
  expect(leftOut[1]?.reason).toContain('id')
})

test('the target’s own parameters win over the document’s', () => {
  const { operations } = planFor({ parameters: { id: 'own', tenant: 'mine' } })
  expect(operations.map(({ url }) => url)).toContain('https://api.example.test/v1/orders/own')
  expect(operations.map(({ url }) => url)).toContain('https://api.example.test/v1/orders?tenant=mine')
  expect(operations.map(({ label }) => label)).toContain('DELETE /orders/{id}')
})

test('an operation that the target names itself is taken as it stands there', () => {
  const { operations, leftOut } = planFor({
    operations: [
      { path: '/orders', public: true },
      { path: '/orders/{id}', parameters: { id: '7' }, expect: 404 },
    ],
  })
  expect(leftOut[0]).toMatchObject({ probe: 'GET /orders' })
  expect(operations[0]).toMatchObject({ label: 'GET /orders/{id}', expect: 404 })
  expect(operations[0]?.url).toBe('https://api.example.test/v1/orders/7')
  expect(operations.filter(({ label }) => label === 'GET /orders/{id}')).toHaveLength(1)
})

test('an operation of which nothing is declared counts as protected', () => {
  const [operation] = operationsIn('{"openapi":"3.0.3","paths":{"/open":{"get":{}}}}', 'api.json')
  expect(operation).toMatchObject({ method: 'GET', path: '/open', public: false })
})

test('what the document says for all operations holds where one says nothing of its own', () => {
  const text = '{"openapi":"3.0.3","security":[],"paths":{"/a":{"get":{}},"/b":{"get":{"security":[{"key":[]}]}}}}'
  expect(operationsIn(text, 'api.json').map((operation) => operation.public)).toEqual([true, false])
})

test('a value cannot climb out of its place in the path', () => {
  const { operations } = planFor({ operations: [{ path: '/orders/{id}', parameters: { id: '../admin?x=1#y' } }] })
  expect(operations[0]?.url).toBe('https://api.example.test/v1/orders/..%2Fadmin%3Fx%3D1%23y')
})

test.each([
  ['swagger 2', 'swagger: "2.0"\npaths: {}'],
  ['a list', '[]'],
  ['no YAML', '{"openapi": "3.1.0", '],
  ['nothing', ''],
])('%s is refused as unparsable', (_name, text) => {
  expect(() => operationsIn(text, 'api.yaml')).toThrow(expect.objectContaining({ code: 'AFD_COLLECT_UNPARSABLE' }))
})

test('references that lead round in a circle or nowhere are no parameters', () => {
  const circle = `
openapi: 3.0.0
paths:
  /a/{id}: { get: { parameters: [{ $ref: '#/components/parameters/A' }, { $ref: 'other.yaml#/A' }, { $ref: '#/x/%zz' }] } }
components: { parameters: { A: { $ref: '#/components/parameters/A' } } }
`
  expect(operationsIn(circle, 'api.yaml')[0]?.parameters).toEqual([])
})

test('any document gives operations or a collection error, and nothing else', () => {
  const value = fc.jsonValue({ maxDepth: 4 })
  const shaped = fc.record({
    openapi: fc.constant('3.1.0'),
    paths: fc.dictionary(
      fc.constantFrom('/a', '/b/{c}', 'x'),
      fc.oneof(value, fc.record({ get: value, parameters: value })),
    ),
    security: value,
    components: value,
  })
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        shaped.map((given) => JSON.stringify(given)),
      ),
      (text) => {
        try {
          expect(Array.isArray(operationsIn(text, 'api.yaml'))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(CollectionError)
        }
      },
    ),
  )
})
