// One process of a site with express-session, started by SiteProcess. Its store is ours, or the one that it would replace.
import { sojournStore } from '@sojourn/session-connect'
import { postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import session from 'express-session'
import { expressSession, formerStore, options, pool, redis, serve } from './site-app.mjs'

const { kind, prefix, schema, secret } = options

function ourStore() {
  const store = redis ? redisStore(redis, { prefix }) : postgresStore(pool, { schema })
  return sojournStore(session, { store, secret, subject: (data) => data.user })
}

serve(expressSession(kind === 'sojourn' ? ourStore() : formerStore()))
