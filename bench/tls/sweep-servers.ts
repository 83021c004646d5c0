// nginx on so many addresses of the loopback, for the sweep; ends with the process that started it.
import { startNginx, sweepAddress } from './servers.ts'

const addresses = Array.from({ length: Number(process.argv[2]) }, (_, number) => sweepAddress(number))
const nginx = await startNginx({ keys: ['RSA-2048', 'P-256'], order: 'server', addresses })
process.once('disconnect', () => void nginx[Symbol.asyncDispose]().then(() => process.exit()))
process.send?.({ port: nginx.port })
