// One process of a site, started by processes.ts: with express-session and the store that its users have, with compat, or with
// compat that imports what express-session has begun.
import { compatSession } from '@sojourn/session-compat/express'
import { connectSid, importFrom, postgresRows, redisRows } from '@sojourn/session-compat/import'
import { createSessionManager } from '@sojourn/session-core'
import { postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { expressSession, formerStore, options, pool, redis, serve } from '../../../connect/test/support/site-app.mjs'

const { kind, prefix, schema, secret } = options

function compat() {
  const store = redis ? redisStore(redis, { prefix: `${prefix}ours:` }) : postgresStore(pool, { schema })
  const sessions = createSessionManager({
    secret,
    store,
    imports: imports(),
    cookie: { secure: false, name: 'session', sameSite: 'lax' },
  })
  return compatSession(sessions, { subject: (data) => data.user })
}

function imports() {
  if (kind !== 'import') return undefined
  const rows = redis ? redisRows(redis, { prefix }) : postgresRows(pool, { schema })
  return importFrom(connectSid({ secrets: secret, rows, subject: (data) => data.user, until: '2100-01-01' }))
}

serve(kind === 'express-session' ? expressSession(formerStore()) : compat())
