import { Option } from 'commander'

/** Where affidavit.yaml is. */
export const configOption = () => new Option('-c, --config <file>', 'the configuration').default('affidavit.yaml')

/** JSON on stdout instead of text. */
export const jsonOption = () => new Option('--json', 'print JSON for machines')
