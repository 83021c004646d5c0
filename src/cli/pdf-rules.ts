import { Command } from 'commander'
import { checkPdfFile, type PdfRulesReport, type RuleResult, type Standard } from '../app/pdf-rules.ts'
import { exitCodes } from './exit.ts'
import { jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { printable, say, sayHanging, sayJson, sayText, table, tone } from './terminal.ts'
import { count } from './words.ts'

const standards: readonly Standard[] = ['PDF/A-3b', 'PDF/UA-1', 'PDF 1.7']

export function pdfRulesCommand(shell: Shell): Command {
  return new Command('pdf-rules')
    .description('Check a PDF against rules of PDF/A-3b and PDF/UA-1, and say exactly which')
    .argument('<file>', 'a PDF, signed or not, of any maker')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Exit code 0 where no rule is broken, 1 where any is. What is not listed is not
checked: a file that breaks no rule here may still not conform, and whether it
reads well aloud only a person can tell.`,
    )
    .action(async (file: string, options: { readonly json?: boolean }) => {
      const report = await checkPdfFile(file)
      if (options.json) sayJson(report)
      else print(file, report)
      shell.exit(report.rules.some(({ result }) => result === 'failed') ? exitCodes.findings : exitCodes.satisfied)
    })
}

function print(file: string, { claims, rules }: PdfRulesReport): void {
  const of = (result: RuleResult['result']) => rules.filter((rule) => rule.result === result)
  say(tone('strong', printable(file)))
  say()
  say(
    table(
      standards.map((standard) => tally(standard, rules)),
      2,
    ),
  )
  for (const rule of of('failed')) {
    say()
    sayHanging(`${tone('bad', 'broken')}  `, `${rule.says} ${tone('none', clausesOf(rule))}`)
    for (const { object, what } of rule.faults.slice(0, 5)) {
      sayHanging('        ', `${object === null ? '' : `object ${object}: `}${printable(what)}`)
    }
    if (rule.faultCount > 5) say(`        and ${rule.faultCount - 5} more`)
  }
  if (of('not-checked').length > 0) say()
  for (const rule of of('not-checked')) {
    sayHanging(`${tone('warn', 'open')}    `, `${rule.says} ${tone('none', clausesOf(rule))}`)
    for (const why of rule.unchecked.slice(0, 3)) sayHanging('        ', `not checked: ${printable(why)}`)
  }
  say()
  for (const rule of of('passed')) {
    const none = rule.examined === 0 ? ' (The file has nothing of the kind.)' : ''
    sayHanging(`${tone('good', 'holds')}   `, `${rule.says}${none} ${tone('none', clausesOf(rule))}`)
  }
  say()
  sayText(
    `The file calls itself ${claims.length > 0 ? claims.join(' and ') : 'neither PDF/A-3b nor PDF/UA-1'}. These are the rules that were checked, and nothing is said beyond them.`,
  )
}

function tally(standard: Standard, rules: readonly RuleResult[]): readonly string[] {
  const own = rules.filter(({ clauses }) => clauses[standard] !== undefined)
  const counted = (result: RuleResult['result']) => own.filter((rule) => rule.result === result).length
  const [broken, open, hold] = [counted('failed'), counted('not-checked'), counted('passed')]
  return [
    standard,
    count(own.length, 'rule'),
    `${hold} hold`,
    broken > 0 ? tone('bad', `${broken} broken`) : '0 broken',
    open > 0 ? tone('warn', `${open} not checked`) : '0 not checked',
  ]
}

function clausesOf({ clauses }: RuleResult): string {
  return standards.flatMap((standard) => (clauses[standard] ? [`${standard} ${clauses[standard]}`] : [])).join('; ')
}
