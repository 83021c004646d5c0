import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectProject } from '../../../src/app/inspect.ts'
import { openProject } from '../../../src/app.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

test('time stamps that nothing can vouch for are warned of', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'there.pem'), '')
  const warned = async (timestamp: string) => {
    const file = join(folder.path, 'affidavit.yaml')
    await writeFile(
      file,
      `version: 1
organisation: { name: Example Retail Ltd }
systems: [{ id: shop, name: Shop, components: [{ id: part }] }]
signing: ${timestamp}
`,
    )
    const warnings = await inspectProject(await openProject(file))
    return warnings.map(({ message }) => message).filter((message) => /timestamp|there|absent/.test(message))
  }
  const urls = 'urls: ["https://tsa.example.test/"]'
  expect(await warned('{}')).toEqual([])
  expect(await warned(`{ timestamp: { ${urls} } }`)).toEqual([expect.stringContaining('signing.timestamp.trust')])
  expect(await warned(`{ timestamp: { ${urls}, trust: [there.pem] } }`)).toEqual([])
  expect(await warned(`{ timestamp: { ${urls}, trust: [absent.pem] } }`)).toEqual([
    expect.stringContaining('absent.pem'),
  ])
})
