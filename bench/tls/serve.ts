// One server of the benchmark in a process of its own, which ends it together with itself when its parent ends.
// Started by servers.ts, which speaks with it over the IPC channel.
import { starters } from './servers.ts'

process.once('disconnect', () => process.exit())
const server = await starters[process.argv[2] ?? '']?.()
if (!server) process.exit()
process.removeAllListeners('disconnect')
process.once('disconnect', () => void server[Symbol.asyncDispose]().then(() => process.exit()))
process.send?.({ port: server.port })
