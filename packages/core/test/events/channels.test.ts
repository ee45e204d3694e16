import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import diagnostics, { tracingChannel } from 'node:diagnostics_channel'
import { fakeCarrier, flakyStore } from '@sojourn/session-testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Browser, modes, world } from '../helpers/browser'

const NAMES = ['open', 'commit', 'operation', 'store'] as const
const PARTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
type Message = Record<string, unknown>
type Told = { channel: string; part: string; message: Message }

let stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops) stop()
  stops = []
})

/** Subscribes to tracing channels. `message` is a copy of what it was at that point. */
function listen(names: readonly string[] = NAMES): Told[] {
  const told: Told[] = []
  for (const channel of names) {
    const subscribers = Object.fromEntries(
      PARTS.map((part) => [
        part,
        (message: unknown) => void told.push({ channel, part, message: { ...(message as object) } }),
      ]),
    ) as unknown as Parameters<ReturnType<typeof tracingChannel>['subscribe']>[0]
    const tracing = tracingChannel(`sojourn.${channel}`)
    tracing.subscribe(subscribers)
    stops.push(() => tracing.unsubscribe(subscribers))
  }
  return told
}

/** The messages of operations that are over. */
const over = (told: Told[]) =>
  told
    .filter(({ part, message }) => part === 'asyncEnd' || (part === 'end' && message.ms !== undefined))
    .map(({ channel, message }) => [channel, message] as const)

describe('tracing channels', () => {
  it('tell of a login: opening, the method, its store calls and the commit', async () => {
    const { browser, sessions } = world({ audience: 'shop' })
    const told = listen()
    const { session } = await browser().visit(async (session) => {
      await session.login('ada')
    })
    const source = { audience: 'shop', store: 'memory', ms: expect.any(Number) }
    expect(over(told)).toEqual([
      ['open', { ...source, outcome: 'none', id: undefined }],
      ['store', { ...source, operation: 'create', id: session.id }],
      ['operation', { ...source, operation: 'login', id: session.id, retries: 0 }],
      [
        'commit',
        { ...source, action: 'ignore', keys: [], id: session.id, retries: 0, cookieBytes: expect.any(Number) },
      ],
    ])
    await sessions.close()
  })

  it('tell of each step in the order of node:diagnostics_channel, with one message for all of them', async () => {
    const { browser } = world()
    const told = listen(['store'])
    await browser().visit((session) => {
      session.data.cart = ['tea']
    })
    expect(told.map(({ part }) => part)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(told.map(({ message }) => message.ms !== undefined)).toEqual([false, false, true, true])
  })

  it('tell which keys a commit writes, and how many bytes its cookie has', async () => {
    const { browser } = world()
    const user = browser()
    const told = listen(['commit'])
    const { carrier } = await user.visit((session) => {
      Object.assign(session.data, { cart: ['tea'], step: 1 })
    })
    const value = /=([^;]+)/.exec(carrier.setCookies[0]!)![1]!
    expect(over(told)).toMatchObject([
      ['commit', { action: 'write', keys: ['cart', 'step'], retries: 0, cookieBytes: value.length }],
    ])
    told.length = 0
    await user.visit()
    expect(over(told).at(-1)![1].cookieBytes).toBeUndefined()
    told.length = 0
    await user.visit((session) => session.logout())
    expect(over(told)).toMatchObject([['commit', { action: 'ignore', cookieBytes: 0 }]])
  })

  it('tell of one commit where an adapter commits again with nothing to do', async () => {
    const { sessions } = world()
    const told = listen(['commit'])
    const session = await sessions.open(fakeCarrier())
    session.data.n = 1
    await sessions.commit(session)
    await sessions.commit(session)
    expect(over(told)).toMatchObject([['commit', { action: 'write' }]])
    session.data.n = 2
    await sessions.commit(session)
    expect(over(told)).toMatchObject([
      ['commit', { keys: ['n'] }],
      ['commit', { keys: ['n'] }],
    ])
  })

  it('tell of a commit that cannot store what data holds', async () => {
    const { browser } = world()
    const told = listen(['commit'])
    const visit = browser().visit((session) => {
      session.data.id = 1n
    })
    await expect(visit).rejects.toThrow()
    expect(over(told)).toMatchObject([['commit', { action: 'write', keys: [], error: expect.any(Error) }]])
  })

  it('tell how often a write was attempted again', async () => {
    const { browser, sessions, store } = world({ wrap: flakyStore })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const told = listen(['commit', 'operation'])
    store.next('update', 'throw', 2)
    await user.visit((session) => session.update('n', () => 1))
    store.next('update', 'throw', 1)
    await user.visit((session) => {
      session.data.n = 2
    })
    expect(over(told).map(([channel, { retries }]) => [channel, retries])).toEqual([
      ['operation', 2],
      ['commit', 0],
      ['commit', 1],
    ])
    await sessions.close()
  })

  it('tell of a store that fails, and of the request that fails with it', async () => {
    const { browser, store } = world({ wrap: flakyStore })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const told = listen()
    store.next('read', 'throw', 1)
    await expect(user.visit()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    const error = expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE' })
    expect(over(told)).toMatchObject([
      ['store', { operation: 'read', error }],
      ['open', { outcome: 'unavailable', error }],
    ])
    expect(told.filter(({ part }) => part === 'error').map(({ channel }) => channel)).toEqual(['store', 'open'])
  })

  it('tell of administration', async () => {
    const { browser, sessions } = world()
    const { session } = await browser().visit((session) => session.login('ada'))
    const told = listen(['operation'])
    await sessions.list('ada')
    await sessions.revoke(session.id)
    await sessions.revokeAll('ada')
    expect(over(told).map(([, { operation, id }]) => [operation, id])).toEqual([
      ['list', undefined],
      ['revoke', session.id],
      ['revokeAll', undefined],
    ])
  })

  it('tell nothing of explain, which serves no request', async () => {
    const { browser, clock, sessions } = world()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const told = listen()
    const events: unknown[] = []
    const listener = (event: unknown) => void events.push(event)
    diagnostics.subscribe('sojourn.event', listener)
    stops.push(() => diagnostics.unsubscribe('sojourn.event', listener))
    expect(await sessions.explain(user.jar.header)).toMatchObject({ outcome: 'resumed' })
    clock.advance(100_000)
    expect(await sessions.explain(user.jar.header)).toMatchObject({ outcome: 'expired:idle' })
    expect([told, events]).toEqual([[], []])
  })

  it.each(modes)('have no token, no subject and no data in any message: $mode', async ({ make }) => {
    const { browser } = make()
    const told = listen()
    const user = browser()
    const tokens = new Set<string>()
    for (const visit of [
      (session: { login(subject: string): unknown; data: Message }) => {
        session.data.secret = 'a value of data'
        return session.login('ada@example.org')
      },
      () => {},
    ]) {
      const { carrier } = await user.visit(visit as never)
      for (const line of carrier.setCookies) tokens.add(/=([^;]*)/.exec(line)![1]!)
    }
    const text = JSON.stringify(told)
    expect(told.length).toBeGreaterThan(10)
    for (const hidden of [...tokens, 'ada@example.org', 'a value of data']) {
      if (hidden !== '') expect(text).not.toContain(hidden)
    }
  })

  it('run a store call inside what is bound to the start of its operation', async () => {
    const storage = new AsyncLocalStorage<Message>()
    const tracing = tracingChannel('sojourn.operation')
    tracing.start.bindStore(storage, (message) => message as Message)
    stops.push(() => tracing.start.unbindStore(storage))
    const found: unknown[] = []
    const { browser } = world({
      wrap: (store) =>
        Object.assign(Object.create(store), {
          create: (row: never) => {
            found.push(storage.getStore()?.operation)
            return store.create(row)
          },
        }),
    })
    await browser().visit((session) => session.login('ada'))
    expect(found).toEqual(['login'])
    expect(storage.getStore()).toBeUndefined()
  })
})

describe('the channel sojourn.event', () => {
  it('has the events, with and without onEvent', async () => {
    const seen: unknown[] = []
    const listener = (event: unknown) => void seen.push(event)
    diagnostics.subscribe('sojourn.event', listener)
    stops.push(() => diagnostics.unsubscribe('sojourn.event', listener))
    const told: unknown[] = []
    await world({ onEvent: (event) => void told.push(event) })
      .browser()
      .visit((session) => session.login('ada'))
    expect(seen).toEqual(told)
    expect(seen).toMatchObject([{ type: 'created' }, { type: 'login', subjectKey: expect.any(String) }])
    seen.length = 0
    await world()
      .browser()
      .visit((session) => session.login('ada'))
    expect(seen).toMatchObject([{ type: 'created' }, { type: 'login' }])
  })
})

describe('a subscriber', () => {
  /** What every part of every channel does to a login and a later request. */
  async function loginBeside(spoil: (message: Message) => void): Promise<unknown[]> {
    const caught: unknown[] = []
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => caught.push(error))
    try {
      for (const name of NAMES) {
        const tracing = tracingChannel(`sojourn.${name}`)
        const subscribers = Object.fromEntries(PARTS.map((part) => [part, spoil])) as never
        tracing.subscribe(subscribers)
        stops.push(() => tracing.unsubscribe(subscribers))
      }
      const { browser, sessions } = world()
      const user = browser()
      await user.visit(async (session) => {
        session.data.cart = ['tea']
        await session.login('ada')
      })
      const { session } = await user.visit()
      expect([session.outcome, session.subject, session.data]).toEqual(['resumed', 'ada', { cart: ['tea'] }])
      await sessions.close()
      await new Promise(setImmediate)
      return caught
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of before) process.on('uncaughtException', listener)
    }
  }

  it('that throws harms no request: Node reports it as an uncaught exception', async () => {
    const caught = await loginBeside(() => {
      throw new Error('a subscriber failed')
    })
    expect(new Set(caught.map(String))).toEqual(new Set(['Error: a subscriber failed']))
  })

  it.each<[string, (message: Message) => void]>([
    ['freezes the message', Object.freeze],
    ['forgets to run the work', (message) => Object.assign(message, { within: () => {} })],
    ['runs the work twice', (message) => Object.assign(message, { within: (work: () => void) => [work(), work()] })],
    [
      'throws around the work',
      (message) =>
        Object.assign(message, {
          within: () => {
            throw new Error('no')
          },
        }),
    ],
    ['makes within no function', (message) => Object.assign(message, { within: 1 })],
  ])('that %s harms no request', async (_, spoil) => {
    const once = (message: Message) => {
      if (!Object.isFrozen(message) && message.within === undefined) spoil(message)
    }
    expect(await loginBeside(once)).toEqual([])
  })
})

describe('where no one listens', () => {
  /** A world whose core found these channels when it was loaded. */
  async function worldOver(module: object | undefined): Promise<typeof world> {
    const { getBuiltinModule } = process
    process.getBuiltinModule = ((name: string) =>
      name === 'node:diagnostics_channel' ? module : getBuiltinModule(name)) as typeof getBuiltinModule
    try {
      vi.resetModules()
      return (await import('../helpers/browser')).world
    } finally {
      process.getBuiltinModule = getBuiltinModule
      vi.resetModules() // What is imported later finds the channels of the process.
    }
  }

  async function visits(make: typeof world): Promise<void> {
    const { browser, sessions } = make()
    const user: Browser = browser()
    await user.visit((session) => session.login('ada'))
    await user.visit((session) => {
      session.data.cart = ['tea']
    })
    await sessions.list('ada')
    await user.visit((session) => session.logout())
    await sessions.revoke('no id of a session')
    await sessions.revokeAll('ada')
    await sessions.close()
  }

  it('the channels are asked whether anyone does, and for nothing else', async () => {
    const asked = new Set<PropertyKey>()
    const silent = new Proxy(
      {},
      {
        get(_, name) {
          asked.add(name)
          return name === 'hasSubscribers' ? false : undefined
        },
      },
    )
    const make = await worldOver({ channel: () => silent, tracingChannel: () => silent })
    await visits(make)
    expect([...asked]).toEqual(['hasSubscribers'])
  })

  it('a request makes as many promises as in a runtime without channels', async () => {
    const promises = async (make: typeof world) => {
      await visits(make)
      let count = 0
      const hook = createHook({
        init(_, type) {
          if (type === 'PROMISE') count++
        },
      }).enable()
      await visits(make)
      hook.disable()
      return count
    }
    const without = await worldOver(undefined)
    const withChannels = await worldOver(diagnostics)
    const expected = await promises(without)
    expect(await promises(withChannels)).toBe(expected)
    const told = listen()
    expect(await promises(withChannels)).toBeGreaterThan(expected)
    expect(told.length).toBeGreaterThan(0)
  })
})
