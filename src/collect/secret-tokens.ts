import { type Pattern, whole } from './secret-pattern.ts'

/** Where a token may begin: not in the middle of a word or of a Base64 text, but behind an escaped line end. */
const begin = '(?:(?<![A-Za-z0-9_+/-])|(?<=\\\\[bfnrt]))'

/** Tokens that their issuers made to be recognised, by kind. The expressions have no repetition that could be rescanned. */
const shapes: readonly (readonly [kind: string, shape: string])[] = [
  ['aws-key', '(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16,}'],
  ['github-token', '(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,})'],
  ['gitlab-token', 'gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[A-Za-z0-9_-]{20,}'],
  ['slack-token', '(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}'],
  ['google-key', '(?:AIza[A-Za-z0-9_-]{35,}|ya29\\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})'],
  ['stripe-key', '(?:(?:sk|rk)_(?:live|test)|whsec)_[A-Za-z0-9+/=]{16,}'],
  ['npm-token', 'npm_[A-Za-z0-9]{36,}'],
  ['pypi-token', 'pypi-AgE[A-Za-z0-9_-]{50,}'],
  ['sendgrid-key', 'SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}'],
  ['shopify-token', 'shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32,}'],
  ['openai-key', `${begin}sk-[A-Za-z0-9_-]{32,}`],
  ['hugging-face-token', `${begin}(?:hf|api_org)_[A-Za-z0-9]{30,}`],
  ['twilio-key', `${begin}SK[0-9a-f]{32}(?![0-9A-Za-z])`],
  ['mailgun-key', `${begin}key-[0-9a-f]{32}(?![0-9A-Za-z])`],
  ['databricks-token', `${begin}dapi[0-9a-f]{32}(?:-\\d)?(?![0-9A-Za-z])`],
  ['digitalocean-token', 'do[oprt]_v1_[0-9a-f]{64}'],
  ['square-token', `${begin}(?:sq0[a-z]{3}-[A-Za-z0-9_-]{20,}|EAAA[A-Za-z0-9_-]{56,})`],
  ['vault-token', `${begin}hv[sbr]\\.[A-Za-z0-9_-]{20,}`],
  ['terraform-token', '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{40,}'],
  ['docker-token', 'dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}'],
  ['grafana-token', 'gl(?:sa|c)_[A-Za-z0-9+/=_]{32,}'],
  ['new-relic-key', `${begin}NR(?:AK|JS|II|RA)-[A-Za-z0-9_-]{19,}`],
  ['linear-key', 'lin_(?:api|oauth)_[A-Za-z0-9]{32,}'],
  ['postman-key', 'PMAK-[0-9a-f]{24}-[0-9a-f]{34}'],
  ['telegram-token', `${begin}\\d{8,10}:AA[A-Za-z0-9_-]{32,}`],
  ['azure-secret', `${begin}[A-Za-z0-9_~.-]{3}\\dQ~[A-Za-z0-9_~.-]{31,}`],
  ['age-key', 'AGE-SECRET-KEY-1[A-Z0-9]{40,}'],
  ['atlassian-token', 'AT(?:ATT|CTT|BB)3[A-Za-z0-9_=-]{40,}'],
  // Hashes of passwords, crypt(5) and RFC 2307: they can be guessed at leisure.
  [
    'password-hash',
    '\\$(?:1|2[abxy]?|5|6|7|y|gy|sha1|apr1|scrypt|bcrypt-sha256|pbkdf2[\\w-]{0,20}|argon2(?:id|i|d))\\$[./A-Za-z0-9=+,$-]{8,}',
  ],
  ['password-hash', '\\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|PBKDF2[\\w-]{0,12}|ARGON2)\\}[./A-Za-z0-9=+,$-]{8,}'],
]

/** Secrets that their own form gives away. */
export const tokens: readonly Pattern[] = [
  ...shapes.map(([kind, shape]): Pattern => ({ kind, find: new RegExp(shape, 'g'), hide: whole })),
  {
    // Starts only where a token starts, so that at most three starts scan the same characters.
    kind: 'jwt',
    find: /(?:(?<![A-Za-z0-9_-])|(?<=\\[bfnrt]))eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*)?/g,
    hide: whole,
  },
]
