import { type LegacyRows, postgresRows, redisRows, sojournStore } from '@sojourn/session-connect'
import { memoryStore } from '@sojourn/session-core'
import express from 'express'
import session from 'express-session'

const secret = 'at least thirty-two bytes of a secret'
const client = { get: async () => null, del: async () => 1, pTTL: async () => -2 }
const pool = { query: async () => ({ rows: [] }) }
const store = sojournStore(session, {
  store: memoryStore(),
  secret,
  subject: (data) => data.passport?.user ?? data.cookie.path,
  readLegacy: redisRows(client),
  onEvent: ({ type }) => console.log(type),
})
const app = express()
app.use(session({ secret, store, resave: false, saveUninitialized: false }))
app.use(session({ secret, store: Math.random() > 2 ? new session.MemoryStore() : store }))

export const ended: Promise<number> = store.revokeAll('ada', { except: 'id' })
export const listed: Promise<{ id: string; createdAt: number; lastActiveAt: number; expiresAt: number }[]> = store.list(
  'ada',
  { limit: 2 },
)
export const revoked: Promise<boolean> = store.revoke('id')
store.get('sid', (error, found) => console.log(error, found?.cookie.maxAge))

export const legacy: LegacyRows[] = [redisRows(client), postgresRows(pool, { table: 'session' })]

// @ts-expect-error a misspelt option
sojournStore(session, { store: memoryStore(), secret, subjects: () => '' })
// @ts-expect-error the secret is missing
sojournStore(session, { store: memoryStore() })
// @ts-expect-error a connect-style store is no store of ours
sojournStore(session, { store: new session.MemoryStore(), secret })
// @ts-expect-error a promise is no client
redisRows(Promise.resolve(client))
