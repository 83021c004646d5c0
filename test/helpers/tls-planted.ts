import { constants, createCipheriv, createDecipheriv, createHmac, privateDecrypt, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { handshakeHash, prf } from '../../collectors/tls/conversation/prf.ts'
import { splitRecords } from '../../collectors/tls/conversation/records.ts'
import { concat, numberBytes, vector } from '../../collectors/tls/wire/bytes.ts'
import { readClientHello } from '../../collectors/tls/wire/client-hello.ts'
import { alert, message, record } from './tls-replies.ts'
import { localCertificate, type Running, tcpServer } from './tls-servers.ts'

/** What a planted server does wrong; it speaks TLS 1.2 with one suite, RSA key exchange and AES-128-CBC. */
export type Flaw =
  | 'none'
  | 'heartbeat'
  | 'heartbleed'
  | 'early-ccs'
  | 'silent-at-ccs'
  | 'early-ccs-closes'
  | 'robot-alert'
  | 'robot-close'
  | 'robot-reset'
  | 'robot-silence'
  | 'robot-two-alerts'
  | 'robot-stays-open'
  | 'robot-before-finished'
  | 'robot-at-random'
  | 'ignores-padding'
  | 'compression'

/** What the planted Heartbleed gives away, so that a test can look for it where it must not be. */
export const leakedMemory = 'LEAKED-MEMORY-OF-THE-SERVER'

const suite = 0x2f

/** A server that is sound but for one flaw, so that a test shows that the flaw is found. */
export function plantedServer(flaw: Flaw): Promise<Running> {
  return tcpServer((socket) => {
    let bytes = Buffer.alloc(0)
    let state: State | undefined
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (!state) {
        // It knows no SSLv2.
        if ((bytes[0] ?? 0) >= 0x80) return void socket.end()
        const [hello] = splitRecords(bytes)
        if (!hello) return
        bytes = bytes.subarray(5 + hello.content.length)
        state = greet(socket, concat(hello.header, hello.content), flaw)
      }
      for (let [next] = splitRecords(bytes); next && state; [next] = splitRecords(bytes)) {
        bytes = bytes.subarray(5 + next.content.length)
        go(socket, state, next.type, next.content, flaw)
      }
    })
  })
}

type State = {
  readonly clientRandom: Uint8Array
  readonly serverRandom: Uint8Array
  messages: Uint8Array
  premaster: Uint8Array | null
  switched: number
}

function greet(socket: Socket, hello: Uint8Array, flaw: Flaw): State | undefined {
  const offered = readClientHello(hello)
  if (!offered?.versions.includes(0x0303)) {
    socket.end(alert(70))
    return undefined
  }
  if (!offered.cipherSuites.includes(suite)) {
    socket.end(alert(40))
    return undefined
  }
  const serverRandom = randomBytes(32)
  const takesHeartbeats = flaw === 'heartbeat' || flaw === 'heartbleed'
  const extensions = takesHeartbeats ? vector(2, [0, 15], vector(2, [1])) : []
  const compression = flaw === 'compression' && offersCompression(hello) ? 1 : 0
  const flight = concat(
    message(2, [3, 3], serverRandom, [0], numberBytes(suite, 2), [compression], extensions),
    message(11, vector(3, vector(3, localCertificate('RSA-2048').der))),
    message(14),
  )
  socket.write(record(22, flight))
  return {
    clientRandom: hello.subarray(11, 43),
    serverRandom,
    messages: concat(hello.subarray(5), flight),
    premaster: null,
    switched: 0,
  }
}

/** The compression methods stand after the session id and the suites. */
function offersCompression(hello: Uint8Array): boolean {
  const suitesAt = 44 + (hello[43] ?? 0)
  const methodsAt = suitesAt + 2 + (hello[suitesAt] ?? 0) * 256 + (hello[suitesAt + 1] ?? 0)
  return (hello[methodsAt] ?? 0) > 1
}

function go(socket: Socket, state: State, type: number, content: Uint8Array, flaw: Flaw): unknown {
  const end = (description: number): unknown => socket.end(alert(description))
  if (type === 24) {
    // A sound server passes over a heartbeat that claims more than it brings.
    return flaw === 'heartbleed' && socket.write(record(24, [2, 0, 1], Buffer.from(leakedMemory)))
  }
  if (type === 20) {
    state.switched += 1
    const early = state.premaster === null
    if (!early || flaw === 'silent-at-ccs') return undefined
    if (!flaw.startsWith('early-ccs')) return end(10)
    if (state.switched < 2) return undefined
    return flaw === 'early-ccs' ? end(20) : socket.end()
  }
  if (type !== 22) return undefined
  if (state.switched > 0) return finish(socket, state, content, flaw)
  if (content[0] !== 16) return end(10)
  const block = decrypted(content.subarray(6))
  const isRight = block[0] === 0 && block[1] === 2 && block[block.length - 49] === 0 && block[block.length - 48] === 3
  if (!isRight && flaw.startsWith('robot-')) {
    const told = tellPadding(socket, state, flaw)
    if (told) return undefined
  }
  if (flaw === 'robot-at-random') return end(randomBytes(1)[0] ?? 0)
  state.premaster = isRight ? block.subarray(block.length - 48) : randomBytes(48)
  state.messages = concat(state.messages, content)
  return undefined
}

/** Gives wrong padding away; whether nothing follows. */
function tellPadding(socket: Socket, state: State, flaw: Flaw): boolean {
  switch (flaw) {
    case 'robot-alert':
      socket.end(alert(51))
      return true
    case 'robot-close':
      socket.end()
      return true
    case 'robot-reset':
      socket.resetAndDestroy()
      return true
    case 'robot-silence':
      return true
    case 'robot-two-alerts':
      socket.write(alert(20))
      setTimeout(() => socket.end(alert(20)), 60)
      return true
    case 'robot-stays-open':
      socket.write(alert(20))
      return true
    case 'robot-before-finished': {
      const timer = setTimeout(() => state.switched === 0 && socket.end(alert(51)), 60)
      socket.once('close', () => clearTimeout(timer))
      return false
    }
    default:
      return false
  }
}

function decrypted(sealed: Uint8Array): Uint8Array {
  return privateDecrypt({ key: localCertificate('RSA-2048').keyPem, padding: constants.RSA_NO_PADDING }, sealed)
}

/** Opens the client's Finished and answers with its own; without looking at the padding where that is the flaw. */
function finish(socket: Socket, state: State, sealed: Uint8Array, flaw: Flaw): unknown {
  const { clientRandom, serverRandom, premaster } = state
  const refuse = (): unknown => socket.end(alert(20))
  if (!premaster) return refuse()
  const random = concat(clientRandom, serverRandom)
  const master = prf('TLSv1.2', 'sha256', premaster, 'master secret', random, 48)
  const keys = prf('TLSv1.2', 'sha256', master, 'key expansion', concat(serverRandom, clientRandom), 104)
  if (sealed.length % 16 !== 0 || sealed.length < 64) return refuse()
  const decipher = createDecipheriv('aes-128-cbc', keys.subarray(40, 56), sealed.subarray(0, 16)).setAutoPadding(false)
  const plain = concat(decipher.update(sealed.subarray(16)), decipher.final())
  const [finished, mac, padding] = [plain.subarray(0, 16), plain.subarray(16, 36), plain.subarray(36)]
  const header = concat(numberBytes(0, 8), [22, 3, 3, 0, 16])
  const expected = createHmac('sha1', keys.subarray(0, 20)).update(header).update(finished).digest()
  const isPadded = padding.every((byte) => byte === padding.length - 1)
  if (!expected.equals(mac) || !(isPadded || flaw === 'ignores-padding')) return refuse()
  const seen = handshakeHash('TLSv1.2', 'sha256', concat(state.messages, finished))
  const ours = message(20, prf('TLSv1.2', 'sha256', master, 'server finished', seen, 12))
  const tag = createHmac('sha1', keys.subarray(20, 40)).update(header).update(ours).digest()
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-128-cbc', keys.subarray(56, 72), iv).setAutoPadding(false)
  const body = concat(iv, cipher.update(concat(ours, tag, new Uint8Array(12).fill(11))), cipher.final())
  return socket.write(concat(record(20, [1]), record(22, body)))
}
