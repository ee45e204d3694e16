import { createSessionManager } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { sealedRows } from '../../src/persistence/sealed-rows'
import { SECRET } from '../helpers/browser'

function method() {}

/** What is passed in place of a store, by its methods. */
class OldStore {
  get() {}
  set() {}
  destroy() {}
}
class PostgresOldStore extends OldStore {
  query() {}
}
const redisClients = [
  { get: method, set: method, destroy: method, sendCommand: method },
  { get: method, set: method, call: method },
]
const oldStores = [new OldStore(), new PostgresOldStore(), { get: method, set: method, destroy: method, touch: method }]

/** What each option is to be given, for each of these values. */
const cases = (redis: string, postgres: string) => [
  ...redisClients.map((client) => [client, `is a Redis client: pass ${redis}`] as const),
  ...oldStores.map((store) => [store, `is a store of express-session: pass ${redis} or ${postgres}`] as const),
  [{ query: method }, `is a database client: pass ${postgres}`] as const,
  ['redis://127.0.0.1', `must be an object, and is a string: pass ${redis} or ${postgres}`] as const,
]

describe('a value that is not what the option takes', () => {
  it.each(cases('redisStore(client)', 'postgresStore(pool)'))('store: %o', (store, message) => {
    expect(() => createSessionManager({ secret: SECRET, store: store as never })).toThrow(`store: ${message}`)
    expect(() => sealedRows({ secret: SECRET, store: store as never, kind: 'note' })).toThrow(`store: ${message}`)
  })

  it.each(cases('redisRevocations(client)', 'postgresRevocations(pool)'))('revocations: %o', (value, message) => {
    const revocations = value as never
    expect(() => createSessionManager({ secret: SECRET, revocations })).toThrow(`revocations: ${message}`)
  })

  it('imports: sources that are not wrapped', () => {
    const source = { name: 'connectSid connect.sid', names: method, open: method }
    for (const imports of [source, [source]] as never[]) {
      expect(() => createSessionManager({ secret: SECRET, imports })).toThrow(
        'imports: is not wrapped: pass importFrom(connectSid(…))',
      )
    }
  })

  it('is not told by methods that Object.prototype was polluted with', () => {
    for (const name of ['sendCommand', 'query', 'names', 'open']) {
      Object.defineProperty(Object.prototype, name, { value: method, configurable: true })
    }
    try {
      expect(() => createSessionManager({ secret: SECRET, store: {} as never })).toThrow(
        'store: has no method create()',
      )
      expect(() => createSessionManager({ secret: SECRET, imports: {} as never })).toThrow(
        'imports: has no method attach',
      )
    } finally {
      for (const name of ['sendCommand', 'query', 'names', 'open']) Reflect.deleteProperty(Object.prototype, name)
    }
  })
})
