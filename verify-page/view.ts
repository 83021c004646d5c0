import type { Check } from '../src/app/check.ts'
import type { FoundAttachment } from '../src/signing/pdf/read-attachments.ts'
import { element, plain } from './element.ts'
import type { Judgement, Trusted } from './judge.ts'

const tones = { accepted: 'good', 'intact-signer-unproven': 'warn', refused: 'bad' } as const

/** The whole answer about a report. */
export function verdictView(judgement: Judgement): Element {
  const { verdict, heading, signed, checks, conclusion } = judgement
  const codes = signed.reasons.map(({ code }) => code)
  return element(
    'article',
    { class: `verdict ${tones[verdict]}`, 'data-verdict': verdict, 'data-codes': codes.join(' ') },
    element('p', { class: 'file' }, judgement.name),
    element('h2', { tabindex: '-1' }, heading),
    element('p', { class: 'lead' }, conclusion),
    element('h3', {}, 'What was checked'),
    element('ol', { class: 'checks' }, ...checks.map(checkView)),
    codes.length > 0 ? element('p', { class: 'soft small' }, `For machines: ${codes.join(', ')}`) : null,
    element('h3', {}, 'What it is'),
    factsView(judgement),
    ...(signed.verdict === 'refused' ? [] : attachmentsView(signed.attachments)),
  )
}

function checkView({ holds, sentence }: Check): Element {
  const [tone, word] = holds === null ? ['none', 'open'] : holds ? ['good', 'holds'] : ['bad', 'fails']
  return element('li', {}, element('span', { class: `chip ${tone}` }, word), element('span', {}, sentence))
}

function factsView({ name, size, sha256, signed }: Judgement): Element {
  const { signer, level, timestamp, signedAt } = signed
  const time = timestamp
    ? `${timestamp.time}, stamped by ${timestamp.authority}${timestamp.anchored ? '' : ', for whom nobody you trust vouches'}`
    : `${signedAt ?? 'none'}, claimed by the signer`
  const facts: readonly (readonly [string, string, string])[] = [
    ['File', `${name}, ${size.toLocaleString('en')} bytes`, ''],
    ['File’s SHA-256', sha256, 'digest'],
    ...(signer
      ? ([
          ['Signed by', signer.subject, ''],
          ['Issued by', signer.issuer, ''],
          ['Certificate’s SHA-256', signer.fingerprint, 'digest'],
          ['Level', `PAdES ${level ?? 'unknown'}`, ''],
          ['Time', time, ''],
        ] as const)
      : []),
  ]
  return element(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([term, text, kind]) => [element('dt', {}, term), element('dd', { class: kind }, text)]),
  )
}

function attachmentsView(attachments: readonly FoundAttachment[]): readonly Element[] {
  const heading = element('h3', {}, 'What is attached')
  if (attachments.length === 0) return [heading, element('p', {}, 'Nothing is attached.')]
  const head = element('tr', {}, ...['Name', 'Bytes', 'SHA-256', ''].map((title) => element('th', {}, title)))
  const rows = attachments.map((file) =>
    element(
      'tr',
      {},
      element('td', {}, file.name, element('span', { class: 'under' }, file.mediaType ?? 'of no stated type')),
      element('td', { class: 'n' }, file.size.toLocaleString('en')),
      element('td', { class: 'digest' }, file.sha256),
      element('td', {}, saveButton(file)),
    ),
  )
  return [heading, element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows))]
}

function saveButton({ name, bytes }: FoundAttachment): Element {
  const button = element('button', { type: 'button', 'aria-label': `Save ${name}` }, 'Save')
  button.addEventListener('click', () => {
    // Never as what it says it is: a page from a report must not open in the reader's browser.
    const url = URL.createObjectURL(new Blob([Uint8Array.from(bytes)], { type: 'application/octet-stream' }))
    const link = document.createElement('a')
    link.href = url
    link.download = plain(name).replace(/[/\\]/g, '_')
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  })
  return button
}

/** Called with a certificate and what it is to be from now on; null where it is not to be trusted any more. */
export type TrustChange = (certificate: Trusted, changed: Trusted | null) => void

/** The certificates that are trusted, each with what it is trusted for and a button that takes it away. */
export function trustView(trusted: readonly Trusted[], change: TrustChange): readonly Element[] {
  return trusted.map((certificate) => {
    const { subject, fingerprint } = certificate
    const button = element('button', { type: 'button', 'aria-label': `Do not trust ${subject}` }, 'Remove')
    button.addEventListener('click', () => change(certificate, null))
    const purposes = element(
      'span',
      { class: 'purposes' },
      purposeView(certificate, 'signers', change),
      purposeView(certificate, 'times', change),
    )
    const digest = element('span', { class: 'digest' }, `SHA-256 ${fingerprint}`)
    return element('li', {}, element('span', {}, element('strong', {}, subject), digest, purposes), button)
  })
}

function purposeView(certificate: Trusted, what: 'signers' | 'times', change: TrustChange): Element {
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.checked = certificate[what]
  box.setAttribute('aria-label', `Trust ${certificate.subject} for ${what}`)
  box.addEventListener('change', () => change(certificate, { ...certificate, [what]: box.checked }))
  return element('label', {}, box, `for ${what}`)
}
