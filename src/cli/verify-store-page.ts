import { contradictionMeaning, newestProven } from '../app/check-stamp.ts'
import { revocationChecks } from '../app/stamp-revocations.ts'
import type { StoreVerificationResult } from '../app/verify.ts'
import { erasureText } from '../model/erasure.ts'
import { printable, say, sayHanging, sayText, table, tone } from './terminal.ts'
import { count } from './words.ts'

function timestampsText({ timestamps, bounds }: StoreVerificationResult): string {
  const unproven = bounds.filter(({ anchored }) => !anchored).length
  const ended = bounds.filter((bound) => bound.anchored && bound.ended !== undefined).length
  if (ended > 0) return `${timestamps}; the certificates of the authority behind ${ended} of them have run out`
  if (unproven === 0) return `${timestamps}`
  return `${timestamps}; nobody you named vouches for the authority of ${unproven === timestamps ? 'any' : unproven} of them (signing.timestamp.trust, or --trust)`
}

/** Acts of erasure that are named one by one. */
const mostErasures = 10

/** The verdict on a store, what it holds, what was erased and what is wrong. */
export function printStore(result: StoreVerificationResult): void {
  const good = result.verdict === 'verified'
  const erased = result.erasures.reduce((sum, { artefacts }) => sum + artefacts, 0)
  say(`${good ? tone('good', 'VERIFIED') : tone('bad', 'REFUSED')}  ${result.path}`)
  say()
  say(
    table(
      [
        ['Entries', `${result.entries}`],
        ['Artefacts', `${result.artefacts}${erased > 0 ? `; ${erased} more erased, as entries say` : ''}`],
        [
          'Checkpoints',
          `${result.checkpoints}${result.unsigned > 0 ? `; ${count(result.unsigned, 'entry', 'entries')} after the newest` : ''}`,
        ],
        ...(result.timestamps === 0 ? [] : [['Time stamps', timestampsText(result)]]),
        ['Root', result.root],
        ...(result.since === null ? [] : [['Since', `compared with the kept checkpoint over ${result.since} entries`]]),
      ],
      2,
    ),
  )
  for (const erasure of result.erasures.slice(-mostErasures)) {
    const what = `${count(erasure.artefacts, 'artefact', 'artefacts')} ${erasureText(erasure)}`
    sayHanging(`  ${tone('none', 'erased')}  `, printable(`${what}: ${erasure.reason ?? erasure.basis}`))
  }
  if (result.erasures.length > mostErasures) {
    say(
      `          and ${result.erasures.length - mostErasures} times before: affidavit evidence list --kind artefact.erased`,
    )
  }
  if (result.remnants) {
    const finish = 'finish it with: affidavit retention apply'
    sayHanging(`  ${tone('warn', 'open  ')}  `, `Erased bytes may still stand in free places of the file; ${finish}`)
  }
  for (const { entry, message, looksLike } of result.problems) {
    const where = entry === undefined ? '' : `E-${entry}: `
    const likely = looksLike === 'unknown' ? 'cause unknown' : `looks like ${looksLike}`
    sayHanging(`  ${tone('bad', 'problem')}  `, `${where}${printable(message)} (${likely})`)
  }
  for (const { message } of result.contradictions)
    sayHanging(`  ${tone('warn', 'time   ')}  `, `${printable(message)}.`)
  say()
  if (good && result.since !== null) {
    sayText(
      `The ledger begins with exactly the ${count(result.since, 'entry', 'entries')} of the kept checkpoint; since then it was only appended to.`,
    )
  }
  const bound = newestProven(result.bounds)
  if (good && bound) {
    sayText(
      `The first ${count(bound.size, 'entry', 'entries')} existed at ${bound.time}, as ${printable(bound.authority)} states.`,
    )
  }
  if (good) {
    for (const { holds, sentence } of revocationChecks(result.bounds)) {
      if (holds) sayText(printable(sentence))
      else sayHanging(`  ${tone('warn', 'open   ')}  `, printable(sentence))
    }
  }
  if (result.contradictions.length > 0) sayText(contradictionMeaning)
  sayText(good ? soundText(result) : refusedText)
}

const refusedText =
  'The store is not what it was when it was written. Keep this file as it is and compare it with a backup.'

/** Whoever can write the file can also make it consistent again; only what was signed is out of their reach. */
function soundText({ entries, unsigned, erasures }: StoreVerificationResult): string {
  const each = `Every entry, ${erasures.length > 0 ? 'artefact that was not erased' : 'artefact'}, hash and checkpoint`
  if (unsigned === 0) {
    return `${each} is as it was written. This shows that nothing was altered since a checkpoint was signed over it.`
  }
  const signed = entries - unsigned
  const shown =
    signed === 0 ? '' : ` This shows that nothing was altered in the first ${count(signed, 'entry', 'entries')}.`
  return `${each} fits the others.${shown} Nobody has signed for the ${signed === 0 ? '' : 'last '}${count(unsigned, 'entry', 'entries')} yet, as the next run or affidavit checkpoint does: whoever can write the file could have written ${unsigned === 1 ? 'it' : 'them'}.`
}
