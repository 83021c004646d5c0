import { RenderError } from '../model/errors.ts'
import { type BrowserSearch, findBrowser } from '../render/browser.ts'
import type { Warning } from './inspect.ts'

/** A warning where this machine has no browser to print reports with; it is looked for as printing does, and not started. */
export async function browserWarnings(search: BrowserSearch): Promise<readonly Warning[]> {
  try {
    await findBrowser(search)
    return []
  } catch (error) {
    if (!(error instanceof RenderError)) throw error
    return [{ message: `reports cannot be printed here: ${error.message}`, hint: error.hint ?? '' }]
  }
}
