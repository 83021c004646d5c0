const maxLength = 600

/** A text as one sentence: trimmed, on one line, at most 600 characters and then cut between words, with a full stop. */
export function sentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  const short = line.length > maxLength ? `${line.slice(0, maxLength - 1).replace(/(?<=\S)\s+\S*$/, '')}…` : line
  return /[.!?…]$/.test(short) ? short : `${short}.`
}

/** The same text with its first letter large. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** `1 slot`, `3 slots`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`
}

const small = [
  ...['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
]
const tens = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']

/** A count in words below a hundred (`thirty-six`, `no` for 0), in digits from there. */
export function inWords(count: number): string {
  const word = small[count]
  if (word !== undefined) return word
  if (count >= 100 || count < 0 || !Number.isInteger(count)) return count.toLocaleString('en-GB')
  const ten = tens[Math.floor(count / 10) - 2] ?? ''
  return count % 10 === 0 ? ten : `${ten}-${small[count % 10]}`
}
