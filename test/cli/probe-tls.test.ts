import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { expect, test, vi } from 'vitest'
import { affidavit } from '../helpers/cli.ts'
import { tlsServer } from '../helpers/tls-servers.ts'

// Each command is a process of its own; a busy machine takes its time with them.
vi.setConfig({ testTimeout: 120_000 })

const cli = (...args: string[]) => affidavit(args, { cwd: tmpdir() })

test('probe tls prints a page in sections, without colours where NO_COLOR is set', async () => {
  await using server = await tlsServer()
  const { code, stdout, stderr } = await cli('probe', 'tls', `localhost:${server.port}`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.split('\n')[0]).toBe(`localhost:${server.port}`)
  const titles = stdout.split('\n').filter((line) => /^[A-Z]/.test(line))
  expect(titles).toEqual([
    ...['Protocols', 'Cipher suites', 'Key exchange groups', 'Certificates', 'Features', 'Weaknesses', 'Conformance'],
  ])
  expect(stdout).toContain('not trusted; A otherwise')
  expect(stdout).toContain('nothing was stored')
  expect(stdout).not.toContain('\u001b')
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
})

test('a port that nobody listens on has no page but a reason, and exit code 1', async () => {
  const probe = createServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const port = (probe.address() as { port: number }).port
  await new Promise((done) => probe.close(done))
  const { code, stdout } = await cli('probe', 'tls', `localhost:${port}`)
  expect(code).toBe(1)
  expect(stdout).toContain('(refused)')
  expect(stdout).not.toContain('Protocols')
})
