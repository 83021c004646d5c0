import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RenderError } from '../model/errors.ts'

/** The folder with templates, style sheets and fonts: beside src in the repository, beside dist in the package. */
export function templatesFolder(): string {
  const places = ['../../templates', '../../../templates'].map((place) => join(import.meta.dirname, place))
  const folder = places.find((place) => existsSync(join(place, 'report.css')))
  if (folder) return folder
  throw new RenderError('AFD_RENDER_TEMPLATES', `the report templates are not in ${places.join(' nor in ')}`, {
    hint: 'The installation is incomplete; install affidavit again.',
  })
}
