import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionCodec,
  type SessionManager,
  type SessionManagerOptions,
  type SessionStore,
} from '@sojourn/session-core'
import { fakeClock, seededRandom } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { SECRET } from '../helpers/browser'
import { outcomeOf, visit } from '../helpers/raw-request'

/** Options that do not compile, and that JavaScript can pass. */
type Wrong = Record<string, unknown>

const create = (options: unknown) => createSessionManager(options as SessionManagerOptions) as SessionManager

/** A store whose methods are on its prototype. */
class OwnStore implements SessionStore {
  create = async () => true
  async read() {
    return null
  }
  async update() {
    return true
  }
  async touch() {
    return true
  }
  async delete() {
    return true
  }
}

describe('accepted options', () => {
  const clock = fakeClock()
  const codec: SessionCodec = { seal: async (text) => text, unseal: async (text) => text }
  const store = memoryStore()
  const everything: Wrong = {
    secret: [SECRET, Uint8Array.from({ length: 40 }, (_, i) => i)],
    store,
    cookie: {
      name: '__Secure-sid',
      path: '/app',
      domain: 'a.example',
      secure: true,
      httpOnly: true,
      sameSite: 'lax',
      partitioned: true,
      priority: 'medium',
      persistent: true,
    },
    timeouts: { idle: 60, rolling: 120.5, absolute: 0, renewAfter: 0.5, staleTtl: 0, touchThreshold: 1 },
    audience: 'shop',
    enforceSameSubject: true,
    remember: { name: '__Secure-remember', rolling: 0, absolute: 100 },
    bind: ['ip', 'scheme', 'user-agent'],
    compress: false,
    maxPerSubject: 5,
    onLimit: 'refuse',
    onReuse: 'destroy',
    onUnavailable: 'empty',
    storeTimeout: 0.5,
    circuitBreaker: { failures: 3, openFor: 0.5 },
    onEvent: () => {},
    clock,
    random: seededRandom(1),
  }

  it.each<Wrong>([
    { secret: SECRET },
    { secret: [SECRET] },
    everything,
    { secret: SECRET, revocations: memoryRevocations() },
    { secret: SECRET, remember: false, bind: [] },
    { secret: SECRET, cookie: {}, timeouts: {} },
    { secret: SECRET, store: new OwnStore(), codec },
    { secret: SECRET, cookie: { chunks: 2 }, compress: true, codec },
    { secret: SECRET, cookie: { name: 'sid' }, remember: { name: 'sid2' } },
    { secret: SECRET, store: new OwnStore(), storeTimeout: 2_147_483 },
    Object.fromEntries(Object.keys(everything).map((name) => [name, name === 'secret' ? SECRET : undefined])),
    {
      secret: SECRET,
      cookie: { name: undefined, domain: undefined, chunks: undefined },
      timeouts: { idle: undefined },
    },
  ])('create a manager: %o', (options) => {
    expect(() => create(options)).not.toThrow()
  })

  it('are what describe() returns', () => {
    expect(create(everything).describe()).toMatchObject({
      store: 'memory',
      audience: 'shop',
      cookie: everything.cookie,
      timeouts: everything.timeouts,
      enforceSameSubject: true,
      bind: everything.bind,
      remember: everything.remember,
      maxPerSubject: 5,
      onLimit: 'refuse',
      onReuse: 'destroy',
      onUnavailable: 'empty',
      storeTimeout: 0.5,
      circuitBreaker: { failures: 3, openFor: 0.5 },
    })
  })

  it.each<[string, object, string]>([
    ['sealed cookies', {}, 'cookie'],
    ['sealed cookies with revocations', { revocations: memoryRevocations() }, 'cookie'],
    ['the memory', { store: memoryStore() }, 'memory'],
    ['a store with a name', { store: Object.assign(new OwnStore(), { kind: 'sqlite' }) }, 'sqlite'],
    ['a store without a name', { store: new OwnStore() }, 'custom'],
    [
      'a store that takes the name of sealed cookies',
      { store: Object.assign(new OwnStore(), { kind: 'cookie' }) },
      'custom',
    ],
  ])('describe where sessions live by the same names as messages do: %s', (_, options, name) => {
    expect(create({ secret: SECRET, ...options }).describe().store).toBe(name)
  })

  it('have the documented defaults', () => {
    expect(create({ secret: SECRET }).describe()).toMatchObject({
      store: 'cookie',
      audience: 'default',
      cookie: {
        name: '__Host-session',
        path: '/',
        secure: true,
        httpOnly: true,
        sameSite: 'strict',
        partitioned: false,
        persistent: false,
      },
      enforceSameSubject: false,
      compress: false,
      maxBytes: 262_144,
      remember: undefined,
      bind: [],
      maxPerSubject: undefined,
      onReuse: 'report',
      onUnavailable: 'fail',
      storeTimeout: 2,
      circuitBreaker: { failures: 5, openFor: 1 },
    })
    expect(create({ secret: SECRET, circuitBreaker: false }).describe().circuitBreaker).toBeUndefined()
  })

  it('give warnings where they are looser than a preset, which must exist', () => {
    const sessions = create({ secret: SECRET, store: memoryStore(), timeouts: { absolute: 0 } })
    expect(sessions.describe().warnings).toEqual([])
    expect(sessions.describe('nistAal3').warnings).toEqual(['absolute is off, looser than the 43200 s of nistAal3.'])
    for (const preset of ['nist', '__proto__', 'toString', null, 3]) {
      expect(() => sessions.describe(preset as 'kong')).toThrow(expect.objectContaining({ option: 'preset' }))
    }
  })

  it('are not modified by the manager', async () => {
    const options: Wrong = { ...everything, random: seededRandom(2), store: memoryStore() }
    for (const part of [options, ...Object.values(options)]) {
      if (typeof part === 'object' && part !== options.store) Object.freeze(part)
    }
    const before = JSON.stringify(options)
    const sessions = create(options)
    await visit(sessions, undefined, (session) => session.login('alice'))
    sessions.describe()
    expect(JSON.stringify(options)).toBe(before)
  })

  it('have no effect if they are modified after the manager was created', async () => {
    const secret: (string | Uint8Array)[] = [SECRET]
    const options = { secret, cookie: { name: 'sid' }, timeouts: { idle: 900 }, bind: [] as string[], clock }
    const sessions = create(options)
    const { cookie } = await visit(sessions, undefined, (session) => session.login('alice'))
    const described = JSON.stringify(sessions.describe())
    secret.unshift('another secret that is long enough for anyone')
    options.cookie.name = 'other'
    options.timeouts.idle = 1
    options.bind.push('ip')
    const description = sessions.describe() as unknown as {
      cookie: { name: string }
      timeouts: { idle: number }
      bind: string[]
    }
    description.bind.push('scheme')
    description.cookie.name = 'third'
    description.timeouts.idle = 2
    clock.advance(100)
    expect(await outcomeOf(sessions, cookie)).toBe('resumed')
    expect(JSON.stringify(sessions.describe())).toBe(described)
  })
})
