import { concat, latin1 } from '../bytes.ts'

/** An ICC version 2 display profile of sRGB (IEC 61966-2-1), adapted to D50; the same bytes each time. */
export function srgbProfile(): Uint8Array {
  const curve = tag(
    'curv',
    u32(1024),
    ...Array.from({ length: 1024 }, (_, i) => u16(Math.round(linear(i / 1023) * 65535))),
  )
  const name = 'sRGB IEC61966-2.1'
  const description = tag('desc', u32(name.length + 1), latin1(`${name}\0`), new Uint8Array(4 + 4 + 2 + 1 + 67))
  const parts: readonly (readonly [readonly string[], Uint8Array])[] = [
    [['desc'], description],
    [['cprt'], tag('text', latin1('No copyright, use freely\0'))],
    [['wtpt'], xyz(0.9642, 1, 0.8249)],
    [['rXYZ'], xyz(0.4360747, 0.2225045, 0.0139322)],
    [['gXYZ'], xyz(0.3850649, 0.7168786, 0.0971045)],
    [['bXYZ'], xyz(0.1430804, 0.0606169, 0.7141733)],
    [['rTRC', 'gTRC', 'bTRC'], curve],
  ]
  const count = parts.flatMap(([names]) => names).length
  const table: Uint8Array[] = [u32(count)]
  const data: Uint8Array[] = []
  let at = 128 + 4 + 12 * count
  for (const [names, bytes] of parts) {
    for (const signature of names) table.push(latin1(signature), u32(at), u32(bytes.length))
    const padded = concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4))
    data.push(padded)
    at += padded.length
  }
  return concat(header(at), ...table, ...data)
}

function header(size: number): Uint8Array {
  const created = concat(...[1998, 2, 9, 6, 0, 0].map(u16))
  return concat(
    u32(size),
    u32(0),
    u32(0x02100000),
    latin1('mntrRGB XYZ '),
    created,
    latin1('acsp'),
    new Uint8Array(28),
    fixed(0.9642),
    fixed(1),
    fixed(0.8249),
    new Uint8Array(48),
  )
}

/** The sRGB transfer function, IEC 61966-2-1 section 5.2. */
const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)

const tag = (type: string, ...parts: readonly Uint8Array[]): Uint8Array => concat(latin1(type), u32(0), ...parts)
const xyz = (x: number, y: number, z: number): Uint8Array => tag('XYZ ', fixed(x), fixed(y), fixed(z))
const fixed = (value: number): Uint8Array => u32(Math.round(value * 65536))
const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff)
const u32 = (value: number): Uint8Array => concat(u16(Math.floor(value / 65536)), u16(value % 65536))
