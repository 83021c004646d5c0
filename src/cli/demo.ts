import { relative, resolve } from 'node:path'
import { Command } from 'commander'
import { type DemoResult, type DemoStep, runDemo } from '../../demo/scenario.ts'
import { printComparison } from './compare.ts'
import { exitCodes } from './exit.ts'
import type { Shell } from './shell.ts'
import { printSummary } from './summary.ts'
import { say, tone } from './terminal.ts'
import { printCheck } from './verify-report-page.ts'
import { count } from './words.ts'

export function demoCommand(shell: Shell): Command {
  return new Command('demo')
    .description('See the whole of Affidavit work on real servers that it starts on this machine')
    .option('--folder <folder>', 'where its files go; an earlier demonstration there is removed', 'affidavit-demo')
    .action(async (options: { folder: string }) => {
      const started = performance.now()
      const result = await runDemo({ folder: options.folder, signal: shell.signal, tell })
      ending(result, (performance.now() - started) / 1000)
      if (result.verification.verdict !== 'accepted' || result.store.verdict !== 'verified')
        shell.exit(exitCodes.integrity)
    })
}

function tell(step: DemoStep): void {
  switch (step.step) {
    case 'serving':
      heading('Two editions of the Customer Data API are running on this machine')
      for (const { name, system } of step.editions) say(`  ${name}: ${system.apiUrl}, issuer ${system.issuer}`)
      say(`  a time-stamping authority (RFC 3161) that nobody but this demonstration trusts: ${step.timeStamps}`)
      break
    case 'collecting':
      heading(`Collecting evidence from ${count(step.targets, 'target')}, period "${step.period}"`)
      break
    case 'collected':
      collected(step)
      break
    case 'judged':
      heading('Judged against the control catalogue')
      printSummary(step.assessment, step.assessment.period.id === 'before' ? 'titles' : 'objectives')
      break
    case 'found':
      heading('What was planted, and what was found')
      say(`  ${step.planted - step.missed.length} of ${count(step.planted, 'planted fault')} of the weak edition found`)
      for (const { sentence } of step.missed) say(`  ${tone('bad', 'missed')}  ${sentence}`)
      break
    case 'changed':
      heading('Changing the weak edition, as its team might between two audits')
      for (const sentence of step.sentences) say(`  ${sentence}`)
      break
    case 'compared':
      heading('Compared with the period before')
      printComparison(step.comparison, step.controls)
      break
    case 'printing':
      heading('Printing and signing the report')
      break
    case 'issued':
      say(`  ${step.report.id}, signed PAdES ${step.report.level}`)
      break
    case 'verified':
      verified(step)
      break
    default:
      step satisfies never
  }
}

function verified({ report, store }: Extract<DemoStep, { step: 'verified' }>): void {
  heading('Verifying it')
  for (const check of report.checks) printCheck(check)
  const entries = count(store.entries, 'entry', 'entries')
  printCheck({
    holds: store.verdict === 'verified',
    sentence: `The store: ${entries} under one tree, every byte as it was written.`,
  })
}

function collected({ event }: Extract<DemoStep, { step: 'collected' }>): void {
  if (event.type !== 'collected') return
  const { observations, failure, usage } = event.collection
  const end = failure
    ? `${tone('bad', 'failed')}: ${failure.message}`
    : `${count(observations.length, 'observation')}, ${count(usage.connections, 'connection')}, ${(usage.durationMs / 1000).toFixed(1)} s`
  say(`  ${event.target.id}: ${end}`)
}

function heading(text: string): void {
  say()
  say(tone('strong', text))
}

function ending({ configuration, report, verification }: DemoResult, seconds: number): void {
  const path = (file: string) => relative(process.cwd(), resolve(file)) || file
  const pdf = path(report.files.pdf)
  const option = `-c ${path(configuration)}`
  say()
  say(
    `${tone('good', verification.verdict === 'accepted' ? 'Done' : 'Ended')} in ${seconds.toFixed(0)} s. The signed report:`,
  )
  say()
  say(`  ${tone('strong', pdf)}`)
  say()
  say('Verify it, and look further:')
  say()
  const command = process.env.npm_lifecycle_event === 'demo' ? 'npm run -s affidavit --' : 'affidavit'
  say(`  ${command} verify ${pdf} ${option}`)
  say(`  ${command} evidence list ${option}`)
  say(`  ${command} compare before after ${option}`)
  say(`  ${command} controls show TLS-02`)
  say(`  ${command} init`)
}
