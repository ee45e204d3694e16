import {
  type ImportSettings,
  SessionConfigError,
  type SessionImport,
  type SessionStore,
  type TimeLimit,
} from '@sojourn/session-core'
import { sealedRows } from '@sojourn/session-core/rows'
import { checkMethods } from '#check'
import type { Claims } from './claims'
import { Importer } from './importer'
import { RevocationClaims } from './revocation-claims'
import type { SessionSource } from './source'
import { StoredClaims } from './stored-claims'

/**
 * Lets sessions of other libraries go on as sessions of ours, so that the switch logs no user out. A request without a
 * cookie of ours that brings an old one is logged in, with a new session and its data, and the old cookie is cleared.
 *
 * The session has no `authenticatedAt`, and ends at `until`, when the old one would have ended, or by our clocks.
 * @example
 * const sessions = createSessionManager({
 *   secret,
 *   store: redisStore(client),
 *   imports: importFrom(connectSid({ secrets: oldSecret, rows: redisRows(client), subject: (data) => data.user, until })),
 * })
 * @throws SessionConfigError without a source, and for two of one kind and name. `createSessionManager` throws one for a source whose
 * cookie has the name of one of the manager's own.
 */
export function importFrom(...sources: SessionSource[]): SessionImport {
  if (sources.length === 0) throw new SessionConfigError('imports', 'is empty: pass connectSid(…) or another source')
  if (sources.some(Array.isArray)) throw new SessionConfigError('imports', 'is a list: pass importFrom(one, other)')
  for (const source of sources) checkMethods('imports', source ?? {}, ['names', 'open'])
  const names = sources.map(({ name }) => name)
  const double = names.find((name, i) => names.indexOf(name) !== i)
  if (double !== undefined) throw new SessionConfigError('imports', `has ${double} more than once`)
  return { attach: (settings) => attach(sources, settings) }
}

function attach(sources: readonly SessionSource[], settings: ImportSettings): Importer {
  const { audience = 'default', clock: now = Date.now, revocations, store, cookieNames = [] } = settings
  const ours = new Map(cookieNames.map((name) => [name, '']))
  const same = sources.find((source) => source.names(ours).length > 0)
  if (same) {
    const why = "reads a cookie of the manager's own, so nothing would be imported"
    throw new SessionConfigError('imports', `${same.name} ${why}: choose another cookie.name`)
  }
  if (store) return new Importer(sources, storedClaims(store, settings), now)
  if (!revocations)
    throw new SessionConfigError('imports', 'needs a store or revocations, to remember what was imported')
  const ended = sources.find(({ end }) => end)
  if (ended) {
    const why = 'ends its sessions where they are kept, so a parallel request would find none'
    throw new SessionConfigError('imports', `needs a store: ${ended.name} ${why}. Pass store to the manager`)
  }
  return new Importer(sources, (limit) => new RevocationClaims(revocations, audience, now, limit), now)
}

function storedClaims(store: SessionStore, settings: ImportSettings): (limit: TimeLimit) => Claims {
  const { revocations: _, cookieNames: __, ...given } = settings
  const { audience = 'default', clock: now = Date.now } = settings
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  // Silent: a claim is no session.
  const rows = sealedRows({ ...defined, secret: settings.secret, store, kind: `import into ${audience}` }).silent()
  return (limit) => new StoredClaims(rows.within(limit), now)
}
