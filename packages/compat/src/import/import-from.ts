import { type ImportSettings, SessionConfigError, type SessionImport } from '@sojourn/session-core'
import { sealedRows } from '@sojourn/session-core/rows'
import { checkMethods } from '#check'
import { Claims } from './claims'
import { Importer } from './importer'
import type { SessionSource } from './source'

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
 * @throws SessionConfigError without a source, and for two of one kind and name.
 */
export function importFrom(...sources: SessionSource[]): SessionImport {
  if (sources.length === 0) throw new SessionConfigError('imports', 'is empty: pass connectSid(…) or another source')
  for (const source of sources) checkMethods('imports', source ?? {}, ['names', 'open'])
  const names = sources.map(({ name }) => name)
  const double = names.find((name, i) => names.indexOf(name) !== i)
  if (double !== undefined) throw new SessionConfigError('imports', `has ${double} more than once`)
  return { attach: (settings) => attach(sources, settings) }
}

function attach(sources: readonly SessionSource[], { store, onEvent, ...settings }: ImportSettings): Importer {
  if (!store) throw new SessionConfigError('imports', 'needs a store, which remembers what was imported')
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  const { audience = 'default', clock: now = Date.now } = settings
  const rows = sealedRows({
    ...given,
    secret: settings.secret,
    store,
    kind: `import into ${audience}`,
    // A claim is no session, so that its row was created or has expired is no event.
    onEvent: (event) => {
      if (event.type.startsWith('store-') || event.type === 'rejected') onEvent?.(event)
    },
  })
  return new Importer(sources, new Claims(rows, now), now)
}
