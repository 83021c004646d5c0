import './buffer.ts'
import { byId, element } from './element.ts'
import { judge, readTrusted, type Trusted } from './judge.ts'
import { trustView, verdictView } from './view.ts'

/* Takes files in, shows what is to be said of them. Nothing is sent anywhere: the page's policy forbids it. */

type Report = { readonly name: string; readonly bytes: Uint8Array }

let report: Report | null = null
let trusted: readonly Trusted[] = []
let turn = 0
let taken = Promise.resolve()

/** Files count in the order in which they are given: a certificate given before the report is known when it is judged. */
function queue(files: readonly File[]): void {
  taken = taken.then(() => take(files))
}

async function take(files: readonly File[]): Promise<void> {
  const problems: string[] = []
  for (const file of files) {
    const bytes = await read(file, problems)
    if (!bytes) continue
    if (isCertificate(file.name, bytes)) trust(file.name, bytes, problems)
    else report = { name: file.name, bytes }
  }
  byId('problems').replaceChildren(...problems.map((problem) => element('p', {}, problem)))
  void show()
}

async function read(file: File, problems: string[]): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await file.arrayBuffer())
  } catch (error) {
    problems.push(`${file.name} cannot be read (${reasonOf(error)}); give it again, or a copy of it.`)
    return null
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What is neither a PDF nor called a certificate counts as the report, so that a ruined report is refused, not missed. */
function isCertificate(name: string, bytes: Uint8Array): boolean {
  const front = new TextDecoder('latin1').decode(bytes.subarray(0, 1024))
  return !front.startsWith('%PDF') && (/\.(?:pem|crt|cer|der)$/i.test(name) || front.includes('-----BEGIN CERT'))
}

function trust(name: string, bytes: Uint8Array, problems: string[]): void {
  try {
    const known = new Set(trusted.map(({ fingerprint }) => fingerprint))
    trusted = [...trusted, ...readTrusted(bytes).filter(({ fingerprint }) => !known.has(fingerprint))]
  } catch (error) {
    problems.push(`${name} is not trusted: it cannot be read as a certificate (${reasonOf(error)}).`)
  }
}

async function show(): Promise<void> {
  const mine = ++turn
  byId('trusted').replaceChildren(...trustView(trusted, trustFor))
  if (!report) return
  const result = byId('result')
  result.setAttribute('aria-busy', 'true')
  result.replaceChildren(element('p', { class: 'soft' }, `Verifying ${report.name} …`))
  await new Promise((done) => setTimeout(done))
  const judgement = await judge(report.name, report.bytes, trusted)
  // A file dropped meanwhile has its own turn.
  if (mine !== turn) return
  const view = verdictView(judgement)
  result.replaceChildren(view)
  result.setAttribute('aria-busy', 'false')
  document.body.classList.add('answered')
  view.querySelector('h2')?.focus()
}

/** Puts what the reader has changed of a certificate in its place; null takes it away. */
function trustFor(certificate: Trusted, changed: Trusted | null): void {
  trusted = trusted.flatMap((each) => (each === certificate ? (changed ?? []) : each))
  void show()
}

function listen(): void {
  for (const id of ['report', 'certificates']) {
    const input = byId(id)
    if (!(input instanceof HTMLInputElement)) throw new TypeError(`#${id} takes no files`)
    input.addEventListener('change', () => {
      const files = [...(input.files ?? [])]
      input.value = ''
      queue(files)
    })
  }
  addEventListener('dragover', (event) => {
    event.preventDefault()
    document.body.classList.add('dragging')
  })
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) document.body.classList.remove('dragging')
  })
  addEventListener('drop', (event) => {
    event.preventDefault()
    document.body.classList.remove('dragging')
    queue([...(event.dataTransfer?.files ?? [])])
  })
}

listen()
