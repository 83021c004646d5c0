import type { ClientIdentity } from '../conversation/client-identity.ts'
import { canComplete, type OlderOffer } from '../conversation/older-client.ts'
import { offerFor } from '../conversation/survey.ts'
import { type Hold, holdAgainAfterReset } from '../conversation/talk.ts'
import { type Known, suitesWhere } from '../features/known.ts'
import { ccsScript } from './ccs-injection.ts'
import { heartbleedScript } from './heartbleed.ts'
import { poodleTlsScript } from './poodle-tls.ts'
import { rsaSuites, surveyRobot } from './robot.ts'

/** Tries the weaknesses that can be tried without harm; the others follow from what else is known. */
export async function surveyWeaknesses(
  hold: Hold,
  known: Known,
  serverName: string | undefined,
  identity?: ClientIdentity,
): Promise<void> {
  const { older, versions } = known
  const withRsa = versions.find((each) => each.protocol !== 'TLSv1.3' && rsaSuites(each).length > 0)
  const cbc = cbcOffer(known, serverName, identity)
  await Promise.all([
    ...(older ? [holdAgainAfterReset(hold, ccsScript(older, serverName))] : []),
    ...(older && older.protocol !== 'SSLv3' ? [holdAgainAfterReset(hold, heartbleedScript(older, serverName))] : []),
    ...(withRsa ? [surveyRobot(hold, withRsa, serverName)] : []),
    ...(cbc ? [hold(poodleTlsScript(cbc, 'right')), hold(poodleTlsScript(cbc, 'damaged'))] : []),
  ])
}

/** The newest version with CBC suites that this client can complete a handshake with. */
function cbcOffer(
  known: Known,
  serverName: string | undefined,
  identity: ClientIdentity | undefined,
): OlderOffer | undefined {
  const versions = known.versions.map((each) => {
    const suites = suitesWhere(each.suites, ({ number, cipher }) => canComplete(number) && cipher.endsWith('-CBC'))
    return { ...each, suites }
  })
  return offerFor({ ...known, versions }, serverName, identity)
}
