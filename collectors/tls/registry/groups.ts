/** IANA's names of key-exchange groups (TLS Supported Groups) by number. */
export const groupNames: { readonly [number: number]: string } = {
  4588: 'X25519MLKEM768',
  4587: 'SecP256r1MLKEM768',
  4589: 'SecP384r1MLKEM1024',
  512: 'MLKEM512',
  513: 'MLKEM768',
  514: 'MLKEM1024',
  4590: 'curveSM2MLKEM768',
  25497: 'X25519Kyber768Draft00',
  25498: 'SecP256r1Kyber768Draft00',
  29: 'x25519',
  23: 'secp256r1',
  30: 'x448',
  24: 'secp384r1',
  25: 'secp521r1',
  256: 'ffdhe2048',
  257: 'ffdhe3072',
  258: 'ffdhe4096',
  259: 'ffdhe6144',
  260: 'ffdhe8192',
  26: 'brainpoolP256r1',
  27: 'brainpoolP384r1',
  28: 'brainpoolP512r1',
  31: 'brainpoolP256r1tls13',
  32: 'brainpoolP384r1tls13',
  33: 'brainpoolP512r1tls13',
  34: 'GC256A',
  35: 'GC256B',
  36: 'GC256C',
  37: 'GC256D',
  38: 'GC512A',
  39: 'GC512B',
  40: 'GC512C',
  41: 'curveSM2',
  22: 'secp256k1',
  1: 'sect163k1',
  2: 'sect163r1',
  3: 'sect163r2',
  4: 'sect193r1',
  5: 'sect193r2',
  6: 'sect233k1',
  7: 'sect233r1',
  8: 'sect239k1',
  9: 'sect283k1',
  10: 'sect283r1',
  11: 'sect409k1',
  12: 'sect409r1',
  13: 'sect571k1',
  14: 'sect571r1',
  15: 'secp160k1',
  16: 'secp160r1',
  17: 'secp160r2',
  18: 'secp192k1',
  19: 'secp192r1',
  20: 'secp224k1',
  21: 'secp224r1',
}

/** IANA's name of a group, or `0x1234`. */
export function groupName(number: number): string {
  return groupNames[number] ?? `0x${number.toString(16).toUpperCase().padStart(4, '0')}`
}

const numbers = Object.keys(groupNames).map(Number)

/** Whether a group holds out against a quantum computer: it has ML-KEM, or the Kyber draft, in it. */
export function isPostQuantum(number: number): boolean {
  return /MLKEM|Kyber/.test(groupNames[number] ?? '')
}

const postQuantum = numbers.filter(isPostQuantum)
const finiteField = numbers.filter((number) => number >= 0x100 && number <= 0x1ff)
const binaryOrSmall = numbers.filter((number) => number <= 0x15)
const tls13Only = [0x1f, 0x20, 0x21]
const tls12Only = [0x16, 0x1a, 0x1b, 0x1c]
const elliptic = numbers.filter((number) => ![...postQuantum, ...finiteField, ...binaryOrSmall].includes(number))

/** Groups that TLS 1.3 can use, in sets that are asked for side by side. */
export const tls13Groups: readonly (readonly number[])[] = [
  elliptic.filter((number) => !tls12Only.includes(number)),
  [...postQuantum, ...finiteField],
]

/** Groups that ECDHE of TLS 1.2 and before can use, in sets that are asked for side by side. */
export const tls12Groups: readonly (readonly number[])[] = [
  [...elliptic.filter((number) => !tls13Only.includes(number)), ...binaryOrSmall],
]

/** Offered wherever the group is not the question: every one that TLS 1.2 servers use. */
export const usualTls12Groups: readonly number[] = [
  0x1d, 0x17, 0x1e, 0x18, 0x19, 0x16, 0x1a, 0x1b, 0x1c, 0x0e, 0x0d, 0x0b, 0x0c, 0x09, 0x0a, 0x15, 0x13, 0x22, 0x29,
]

/** Offered wherever the group is not the question in TLS 1.3: all of them, so that no suite is refused for want of one. */
export const usualTls13Groups: readonly number[] = [
  0x11ec, 0x1d, 0x17, 0x1e, 0x18, 0x19, 0x11eb, 0x11ed, 0x100, 0x101, 0x102, 0x103, 0x104, 0x200, 0x201, 0x202, 0x6399,
  0x1f, 0x20, 0x21, 0x22, 0x29, 0x11ee, 0x639a, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
]
