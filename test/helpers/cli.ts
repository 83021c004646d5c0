import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

export type CliResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

const { FORCE_COLOR: _, ...environment } = process.env
const main = resolve(import.meta.dirname, '../../src/cli/main.ts')

/** Runs the command line as a user would, without colours and without a terminal. */
export function affidavit(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string>; readonly input?: string },
): Promise<CliResult> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd,
    env: { ...environment, NO_COLOR: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  child.stdin.end(options.input ?? '')
  return new Promise((done, fail) => {
    child.once('error', fail).once('close', (code) => done({ code, ...output }))
  })
}
