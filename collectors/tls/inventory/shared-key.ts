import type { Evidence } from '../evidence.ts'
import { alertName } from '../registry/alerts.ts'

/** Alerts that only TLS 1.3 has for such a key: it is not known or not proved, or nothing stands in for it. */
const ofTls13: readonly string[] = [47, 51, 109, 115].map(alertName)

/**
 * Why a server that took no TLS 1.3 hello may have the version all the same: its alert for a hello with a shared key
 * that it does not know; null where that is the one that it also has for hellos without, or says nothing of the kind.
 */
export function signOfSharedKeys(asked: readonly Evidence[]): string | null {
  const alertsOf = (withKey: boolean): readonly string[] =>
    asked.flatMap(({ exchange, verdict }) =>
      (exchange.purpose === 'shared-key') === withKey && (verdict.kind === 'refused' || verdict.kind === 'alert')
        ? [verdict.alert]
        : [],
    )
  const [without, ...others] = new Set(alertsOf(false))
  const alert = alertsOf(true).find((each) => ofTls13.includes(each))
  if (alert === undefined || without === undefined || [without, ...others].includes(alert)) return null
  return `the server answers a shared key (PSK) as TLS 1.3 does, with the alert ${alert}, and hellos without one with ${without}: it may take only keys that it shares`
}
