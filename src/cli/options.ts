import { InvalidArgumentError, Option } from 'commander'

/** Where affidavit.yaml is. */
export const configOption = () => new Option('-c, --config <file>', 'the configuration').default('affidavit.yaml')

/** JSON on stdout instead of text. */
export const jsonOption = () => new Option('--json', 'print JSON for machines')

/** One that may be given several times; `otherwise` says what holds where it is not given. */
export const severalOption = (flags: string, description: string, otherwise: string) =>
  new Option(flags, `${description}; may be given several times`)
    .argParser((given: string, known: readonly string[]) => [...known, given])
    .default([], otherwise)

const ownTrust = "the configuration's own, where there is one"

/** Whom the reader trusts; `otherwise` says what holds where nobody is named. */
export const trustOptions = (otherwise = ownTrust) => [
  severalOption('--trust <file>', 'certificate of an authority that you trust, for signers and for times', otherwise),
  severalOption(
    '--trust-times <file>',
    'one for times alone: with it, --trust is for signers alone',
    "those of --trust, or the configuration's own",
  ),
]

/** Erases without asking. */
export const yesOption = () => new Option('-y, --yes', 'erase without asking')

/** How many rows to print. */
export const lastOption = (rows: number) =>
  new Option('-n, --last <count>', 'how many').default(rows).argParser((text: string) => {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
    throw new InvalidArgumentError('It is a whole number, 1 or more.')
  })
