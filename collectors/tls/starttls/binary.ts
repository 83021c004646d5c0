import { derTags, readDer, readInside } from '../certificate/der.ts'
import { concat, numberBytes, WireError } from '../wire/bytes.ts'
import { NoTls, type Talk } from './talk.ts'

/** LDAP's StartTLS extended operation, RFC 4511 section 4.14. */
export async function ldap(talk: Talk): Promise<void> {
  const name = Buffer.from('1.3.6.1.4.1.1466.20037')
  const operation = concat([0x77, name.length + 2, 0x80, name.length], name)
  talk.send(concat([derTags.sequence, operation.length + 3, derTags.integer, 1, 1], operation))
  const { code, message } = readExtendedResponse(await takeElement(talk))
  if (code === 0) return
  const said = `LDAP result ${code}${message ? `: ${message}` : ''}`
  throw new NoTls(code === ldapBusy || code === ldapUnavailable ? 'busy' : 'declined', said)
}

const ldapBusy = 51
const ldapUnavailable = 52
const extendedResponse = 0x78

async function takeElement(talk: Talk): Promise<Uint8Array> {
  const [tag = 0, length = 0] = await talk.take(2)
  if (tag !== derTags.sequence) throw new NoTls('odd', 'answered the StartTLS request with something that is not LDAP')
  const more = length < 0x80 ? new Uint8Array() : await talk.take(Math.min(4, length & 0x7f))
  const size = length < 0x80 ? length : more.reduce((value, byte) => value * 256 + byte, 0)
  if (size > maxMessageBytes) throw new NoTls('odd', `answered with an LDAP message of ${size} bytes`)
  return concat([tag, length], more, await talk.take(size))
}

const maxMessageBytes = 16_384

function readExtendedResponse(message: Uint8Array): { code: number; message: string } {
  try {
    const response = readInside(message, derTags.sequence).find(({ tag }) => tag === extendedResponse)
    const [code, , text] = response ? readDer(response.content) : []
    if (!code) throw new NoTls('odd', 'answered the StartTLS request with another LDAP message')
    return { code: code.content[0] ?? 0, message: Buffer.from(text?.content ?? []).toString('utf8') }
  } catch (error) {
    if (error instanceof WireError) throw new NoTls('odd', 'answered with a malformed LDAP message')
    throw error
  }
}

/** PostgreSQL's SSLRequest, section 54.2.11 of its manual. */
export async function postgres(talk: Talk): Promise<void> {
  talk.send(concat(numberBytes(8, 4), numberBytes(80_877_103, 4)))
  const [answer = 0] = await talk.take(1)
  if (answer === 0x53) return
  if (answer === 0x4e) throw new NoTls('declined', 'answered the SSLRequest with N: it has no TLS')
  if (answer !== 0x45) throw new NoTls('odd', 'answered the SSLRequest with something that is not PostgreSQL')
  const length = Math.min(maxMessageBytes, Buffer.from(await talk.take(4)).readUInt32BE())
  const said = Buffer.from(await talk.take(Math.max(0, length - 4))).toString('utf8')
  const fields = said.split('\0')
  const text = fields.find((field) => field.startsWith('M'))?.slice(1) ?? 'an error'
  // 53300 too_many_connections, 57P03 cannot_connect_now.
  throw new NoTls(fields.some((field) => /^C(53300|57P03)$/.test(field)) ? 'busy' : 'declined', text)
}

const mysqlSsl = 0x0800
/** CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH. */
const mysqlCapabilities = 0x0008_8a00
const mysqlUtf8 = 33

/** MySQL's and MariaDB's SSLRequest packet, "Protocol::SSLRequest". */
export async function mysql(talk: Talk): Promise<void> {
  const header = await talk.take(4)
  const [a = 0, b = 0, c = 0, sequence = 0] = header
  const length = a + b * 256 + c * 65_536
  if (length === 0 || length > maxMessageBytes || sequence !== 0) throw new NoTls('odd', 'began with no MySQL greeting')
  const packet = Buffer.from(await talk.take(length))
  if (packet[0] === 0xff) {
    const code = packet.length >= 3 ? packet.readUInt16LE(1) : 0
    const text = packet
      .subarray(3)
      .toString('utf8')
      .replace(/^#...../, '')
    throw new NoTls(mysqlBusy.includes(code) ? 'busy' : 'declined', `MySQL error ${code}: ${text}`)
  }
  const versionEnd = packet.indexOf(0, 1)
  const at = versionEnd + 14
  if (packet[0] !== 10 || versionEnd < 0 || packet.length < at + 2)
    throw new NoTls('odd', 'began with no MySQL greeting')
  const version = packet.subarray(1, versionEnd).toString('latin1')
  if ((packet.readUInt16LE(at) & mysqlSsl) === 0) throw new NoTls('declined', `MySQL ${version} without CLIENT_SSL`)
  const request = Buffer.alloc(36)
  request.writeUIntLE(32, 0, 3)
  request.writeUInt8(1, 3)
  request.writeUInt32LE(mysqlCapabilities, 4)
  request.writeUInt32LE(0x0100_0000, 8)
  request.writeUInt8(mysqlUtf8, 12)
  talk.send(request)
}

/** ER_CON_COUNT_ERROR, ER_SERVER_SHUTDOWN, ER_TOO_MANY_USER_CONNECTIONS. */
const mysqlBusy: readonly number[] = [1040, 1053, 1203]
