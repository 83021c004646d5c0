import { access, constants } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { TargetBase } from '../collect/contract.ts'
import type { Project } from './project.ts'

type Warning = { readonly message: string; readonly hint: string }

/** Files that targets name (trust anchors, an OpenAPI document, logs; not patterns) and that cannot be read here and now. */
export async function targetWarnings({ config, directory, collectors }: Project): Promise<readonly Warning[]> {
  const named = config.plan.flatMap(({ id, collector, target: parsed }) => {
    const target = parsed as TargetBase
    const files = [...target.trust, ...(collectors.get(collector)?.reach(target).paths ?? [])]
    return [...new Set(files)].filter((file) => !/[*?[{]/.test(file)).map((file) => ({ id, file }))
  })
  const warnings = await Promise.all(
    named.map(async ({ id, file }) => {
      try {
        await access(resolve(directory, file), constants.R_OK)
        return []
      } catch {
        return [{ message: `${file} cannot be read, which ${id} names`, hint: 'correct its path, or its permissions' }]
      }
    }),
  )
  return warnings.flat()
}
