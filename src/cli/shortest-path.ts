import { relative } from 'node:path'

/** A path as it is typed from the working folder, where that is shorter. */
export function shortestPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short !== '' && short.length < path.length ? short : path
}
