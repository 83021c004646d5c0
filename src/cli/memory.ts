import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's nursery as small as it is at the start. A collection makes much that is short-lived; with a nursery that
 * grows, a sweep of many targets holds half as much memory again and ends no sooner.
 */
export function keepNurserySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
