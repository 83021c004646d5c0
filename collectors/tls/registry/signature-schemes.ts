/** IANA's names of signature schemes, with the TLS 1.2 hash and signature pairs that have none there. */
export const signatureSchemeNames: { readonly [number: number]: string } = {
  1027: 'ecdsa_secp256r1_sha256',
  2052: 'rsa_pss_rsae_sha256',
  1025: 'rsa_pkcs1_sha256',
  1283: 'ecdsa_secp384r1_sha384',
  2053: 'rsa_pss_rsae_sha384',
  1281: 'rsa_pkcs1_sha384',
  1539: 'ecdsa_secp521r1_sha512',
  2054: 'rsa_pss_rsae_sha512',
  1537: 'rsa_pkcs1_sha512',
  2055: 'ed25519',
  2056: 'ed448',
  2057: 'rsa_pss_pss_sha256',
  2058: 'rsa_pss_pss_sha384',
  2059: 'rsa_pss_pss_sha512',
  2074: 'ecdsa_brainpoolP256r1tls13_sha256',
  2075: 'ecdsa_brainpoolP384r1tls13_sha384',
  2076: 'ecdsa_brainpoolP512r1tls13_sha512',
  2308: 'mldsa44',
  2309: 'mldsa65',
  2310: 'mldsa87',
  771: 'ecdsa_sha224',
  769: 'rsa_pkcs1_sha224',
  515: 'ecdsa_sha1',
  513: 'rsa_pkcs1_sha1',
  1026: 'dsa_sha256',
  1282: 'dsa_sha384',
  1538: 'dsa_sha512',
  770: 'dsa_sha224',
  514: 'dsa_sha1',
  257: 'rsa_pkcs1_md5',
}

/** Every signature scheme, in the order in which they are offered. */
export const signatureSchemes: readonly number[] = [
  0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b,
  0x0904, 0x0905, 0x0906, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0202, 0x0101,
]

/** Schemes that only an RSA key can make, and those that only an EC key can. */
export const rsaSchemes: readonly number[] = [
  0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0809, 0x080a, 0x080b, 0x0201,
]
export const ecdsaSchemes: readonly number[] = [0x0403, 0x0503, 0x0603, 0x081a, 0x081b, 0x081c, 0x0203]
