#!/usr/bin/env node
// The entry. It checks the Node version before anything is loaded that an old one cannot parse.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`affidavit needs Node 22.19 or newer; this is ${process.versions.node}\n`)
  process.exit(2)
}
// A reader that has seen enough (`| head`) is no reason to leave the work in hand undone.
const readerLeft = (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
}
process.stdout.on('error', readerLeft)
process.stderr.on('error', readerLeft)
const { keepCompiledCode } = await import('./compile-cache.ts')
keepCompiledCode()
const { main } = await import('./program.ts')
process.exitCode = await main(process.argv.slice(2))

export {}
