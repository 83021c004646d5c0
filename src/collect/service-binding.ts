const keys = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint']

/** An SVCB or HTTPS record as in a zone file, RFC 9460 section 2.1: `1 . alpn="h3,h2" port=8443`. Throws RangeError where it is malformed. */
export function formatServiceBinding(data: Buffer): string {
  const { name, end } = readName(data, 2)
  const parts = [String(data.readUInt16BE(0)), name]
  for (let at = end; at < data.length; ) {
    const key = data.readUInt16BE(at)
    const length = data.readUInt16BE(at + 2)
    const value = data.subarray(at + 4, at + 4 + length)
    if (value.length !== length) throw new RangeError('a parameter that is cut')
    parts.push(formatParameter(key, value))
    at += 4 + length
  }
  return parts.join(' ')
}

function formatParameter(key: number, value: Buffer): string {
  const name = keys[key] ?? `key${key}`
  switch (name) {
    case 'mandatory':
      return `mandatory=${numbers(value)
        .map((each) => keys[each] ?? `key${each}`)
        .join(',')}`
    case 'alpn':
      return `alpn="${strings(value)
        .map((each) => zoneText(each).replaceAll(',', '\\\\,'))
        .join(',')}"`
    case 'no-default-alpn':
      return name
    case 'port':
      return `port=${value.readUInt16BE(0)}`
    case 'ipv4hint':
    case 'ipv6hint': {
      const size = name === 'ipv4hint' ? 4 : 16
      const count = Math.floor(value.length / size)
      const addresses = Array.from({ length: count }, (_, index) => value.subarray(index * size, (index + 1) * size))
      return `${name}=${addresses.map(addressText).join(',')}`
    }
    case 'ech':
      return `ech="${value.toString('base64')}"`
    default:
      return value.length === 0 ? name : `${name}="${zoneText(value)}"`
  }
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = numbers(bytes).map((group) => group.toString(16))
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}

function numbers(value: Buffer): number[] {
  return Array.from({ length: Math.floor(value.length / 2) }, (_, index) => value.readUInt16BE(index * 2))
}

function strings(value: Buffer): Buffer[] {
  const list: Buffer[] = []
  for (let at = 0; at < value.length; ) {
    const length = value.readUInt8(at)
    list.push(value.subarray(at + 1, at + 1 + length))
    at += 1 + length
  }
  return list
}

/** Character strings of a zone file, RFC 1035 section 5.1. */
function zoneText(value: Buffer): string {
  return [...value]
    .map((byte) => {
      const text = String.fromCharCode(byte)
      if (text === '"' || text === '\\') return `\\${text}`
      return byte >= 0x20 && byte < 0x7f ? text : `\\${String(byte).padStart(3, '0')}`
    })
    .join('')
}

/** A name without pointers, as SVCB has it, with the root's dot. */
function readName(data: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = []
  let at = start
  for (;;) {
    const length = data.readUInt8(at)
    if (length === 0) return { name: `${labels.join('.')}.`, end: at + 1 }
    if (length > 63) throw new RangeError('a compressed name')
    if (at + 1 + length > data.length) throw new RangeError('a name that is cut')
    labels.push(zoneText(data.subarray(at + 1, at + 1 + length)))
    at += 1 + length
  }
}
