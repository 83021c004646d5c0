import type { Protocol } from '../../registry/protocols.ts'
import { advisedGroup, type Check, certificates, groups, serverOrder, suites, versions } from '../checks.ts'
import guidelines58 from '../data/mozilla-5.8.json' with { type: 'json' }
import guidelines60 from '../data/mozilla-6.0.json' with { type: 'json' }
import { number, text } from '../posture.ts'
import type { Profile } from '../profile.ts'

/** One configuration of Mozilla's Server Side TLS guidelines, as the published JSON writes it. */
type Guideline = (typeof guidelines60)['configurations']['intermediate' | 'modern'] | Old
type Old = (typeof guidelines58)['configurations']['old']

const protocolNames: { readonly [name: string]: Protocol } = {
  TLSv1: 'TLSv1.0',
  'TLSv1.1': 'TLSv1.1',
  'TLSv1.2': 'TLSv1.2',
  'TLSv1.3': 'TLSv1.3',
}

const groupNames: { readonly [name: string]: string } = { X25519: 'x25519', prime256v1: 'secp256r1' }
const curveBits: { readonly [name: string]: number } = { prime256v1: 256, secp384r1: 384, secp521r1: 521 }

function profile(name: string, version: string, source: string, guideline: Guideline): Profile {
  const allowed = guideline.tls_versions.flatMap((each) => protocolNames[each] ?? [])
  const accepted: readonly string[] = [...guideline.ciphers.iana, ...guideline.ciphersuites]
  const curves = guideline.tls_curves.map((each) => groupNames[each] ?? each)
  return {
    id: `mozilla-${name}-${version}`,
    title: `Mozilla ${name} ${version}`,
    source,
    checks: [
      // A missing older version only shuts out old clients; the newest one is what the profile protects with.
      versions({ allowed, required: ['TLSv1.3'], advised: allowed.filter((each) => each === 'TLSv1.2') }),
      suites(allowed, (suite) => accepted.includes(suite)),
      groups(allowed, (group) => curves.includes(group)),
      advisedGroup('X25519MLKEM768'),
      certificateOf(guideline),
      // Where the guideline leaves the order to clients, a server that insists on its own weakens nothing.
      ...(guideline.server_preferred_order ? [serverOrder] : []),
    ],
  }
}

function certificateOf(guideline: Guideline): Check {
  const types: readonly string[] = guideline.certificate_types
  const signatures: readonly string[] = guideline.certificate_signatures
  const ecBits = guideline.certificate_curves.flatMap((each) => curveBits[each] ?? [])
  return certificates((facts) => {
    const type = text(facts.keyType) ?? ''
    const bits = number(facts.keyBits)
    const signature = text(facts.signatureAlgorithm)
    const lifetime = number(facts.lifetimeDays)
    const named = type === 'EC' ? 'ecdsa' : type.toLowerCase()
    const longest = guideline.maximum_certificate_lifespan
    const wrongKey =
      !types.includes(named) ||
      (bits !== null && (type === 'EC' ? !ecBits.includes(bits) : bits < (guideline.rsa_key_size ?? 0)))
    return {
      wrong: [
        ...(wrongKey ? [`has a key of ${type} ${bits ?? 'unknown'} bits`] : []),
        ...(signature === null || signatures.includes(signature) ? [] : [`is signed with ${signature}`]),
        ...(lifetime === null || lifetime <= longest ? [] : [`was issued for ${lifetime} days, more than ${longest}`]),
      ],
      open: [
        ...(bits === null ? ['the size of its key is not known'] : []),
        ...(signature === null ? ['its signature algorithm is not known'] : []),
        ...(lifetime === null ? ['its lifetime is not known'] : []),
      ],
      advised:
        lifetime !== null && lifetime <= longest && lifetime > guideline.recommended_certificate_lifespan
          ? [`was issued for ${lifetime} days; ${guideline.recommended_certificate_lifespan} are recommended`]
          : [],
    }
  })
}

/** Mozilla's Server Side TLS: 6.0 is the newest and has no `old` any more. */
export const mozillaProfiles: readonly Profile[] = [
  profile('modern', '6.0', guidelines60.href, guidelines60.configurations.modern),
  profile('intermediate', '6.0', guidelines60.href, guidelines60.configurations.intermediate),
  profile('modern', '5.8', guidelines58.href, guidelines58.configurations.modern),
  profile('intermediate', '5.8', guidelines58.href, guidelines58.configurations.intermediate),
  profile('old', '5.8', guidelines58.href, guidelines58.configurations.old),
]
