import { connectSid, foreign, ironSession, keygripCookie } from '@sojourn/session-compat/import'
import { postgresRows, redisRows, sojournStore } from '@sojourn/session-connect'
import { createSessionManager, isSessionError, memoryRevocations, memoryStore } from '@sojourn/session-core'
import { logoutTriggers } from '@sojourn/session-core/gateway'
import { kongSession } from '@sojourn/session-core/kong'
import { restySession } from '@sojourn/session-core/resty'
import { sealedRows } from '@sojourn/session-core/rows'
import { expressSession } from '@sojourn/session-express'
import { nodeSession } from '@sojourn/session-http'
import { koaSession } from '@sojourn/session-koa'
import { instrumentSessions } from '@sojourn/session-otel'
import { migrate, migrationSql, postgresRevocations, postgresStore } from '@sojourn/session-postgres'
import { redisRevocations, redisStore } from '@sojourn/session-redis'
import { carrierSuite, revocationSuite, storeSuite } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'

type Wrong = never

const secret = 'at least thirty-two bytes of a secret'
const sessions = createSessionManager({ secret })
const client = { call: async () => null }
const database = { query: async () => ({ rows: [] }) }
const session = { Store: class {} }
const runner = {} as Parameters<typeof storeSuite>[0]

/** Each function that takes options, called with them; `path` is what its messages begin with. */
const functions: [path: string, call: (options: Wrong) => unknown][] = [
  ['', createSessionManager],
  ['cookie.', (cookie) => createSessionManager({ secret, cookie })],
  ['timeouts.', (timeouts) => createSessionManager({ secret, timeouts })],
  ['remember.', (remember) => createSessionManager({ secret, remember })],
  ['memoryStore.', memoryStore],
  ['memoryRevocations.', memoryRevocations],
  ['logout.', logoutTriggers],
  ['admin_gui_session_conf.', kongSession],
  ['', restySession],
  ['redisStore.', (options) => redisStore(client, options)],
  ['redisRevocations.', (options) => redisRevocations(client, options)],
  ['postgresStore.', (options) => postgresStore(database, options)],
  ['postgresRevocations.', (options) => postgresRevocations(database, options)],
  ['migrationSql.', migrationSql],
  ['migrationSql.', (options) => migrate(database, options)],
  ['startCleanup.', postgresStore(database).startCleanup],
  ['nodeSession.', (options) => nodeSession(sessions, options)],
  ['expressSession.', (options) => expressSession(sessions, options)],
  ['koaSession.', (options) => koaSession(sessions, options)],
  ['', (options) => sojournStore(session, { ...(options as object), secret, store: memoryStore() } as Wrong)],
  ['redisRows.', (options) => redisRows({ get: async () => null, del: async () => 0, pttl: async () => -2 }, options)],
  ['postgresRows.', (options) => postgresRows(database, options)],
  ['connectSid.', connectSid],
  ['keygripCookie.', keygripCookie],
  ['ironSession.', ironSession],
  ['foreign.', foreign],
  ['', (options) => sealedRows({ ...(options as object), secret, store: memoryStore(), kind: 'x' } as Wrong)],
  ['instrumentSessions.', instrumentSessions],
  ['storeSuite.', (options) => storeSuite(runner, options)],
  ['revocationSuite.', (options) => revocationSuite(runner, options)],
  ['carrierSuite.', (options) => carrierSuite(runner, options)],
]

describe('an unknown option', () => {
  it.each(functions)(
    'of %s is refused by the same sentence and the same error in every package',
    async (path, call) => {
      const error = await (async () => call({ xyzzy: 1 } as Wrong))().catch((thrown: unknown) => thrown)
      if (!isSessionError(error, 'ERR_SESSION_CONFIG')) throw error
      expect(error.option).toBe(`${path}xyzzy`)
      expect(error.message).toMatch(/^[\w.]*xyzzy: is not an option; known are \w+(?:, \w+)*$/)
    },
  )
})
