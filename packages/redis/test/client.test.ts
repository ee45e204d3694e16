import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Argument } from '../src/client'
import { type RedisClient, redisRevocations, redisStore } from '../src/index'
import { answering, row } from './support/fixture'

const makers = { redisStore, redisRevocations }

describe('client', () => {
  const unsupported: Record<string, unknown> = {
    nothing: undefined,
    null: null,
    'a URL': 'redis://127.0.0.1',
    'an empty object': {},
    'options around a client': { client: { call: async () => null } },
    'an old callback client': { send_command() {}, sendCommand() {} },
    'the legacy view of node-redis': { sendCommand() {}, get() {}, set() {} },
    'a client that has properties for methods': { call: true, getBuffer: true, sendCommand: true, isOpen: true },
  }

  for (const [maker, make] of Object.entries(makers)) {
    for (const [name, value] of Object.entries(unsupported)) {
      it(`${maker} › throws at start-up for ${name}, and says what to pass`, () => {
        expect(() => make(value as RedisClient)).toThrow(
          expect.objectContaining({ code: 'ERR_SESSION_CONFIG', option: 'client' }),
        )
        expect(() => make(value as RedisClient)).toThrow(/createClient.*createCluster.*ioredis.*iovalkey/s)
      })
    }
  }
})

describe('options', () => {
  for (const [maker, make] of Object.entries(makers)) {
    it(`${maker} › throws at start-up for an unknown option`, () => {
      const client: RedisClient = answering(async () => null)
      const wrong = { keyPrefix: 'mine:' } as object
      expect(() => make(client, wrong)).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_CONFIG',
          option: `${maker}.keyPrefix`,
          message: `${maker}.keyPrefix: is not an option; did you mean ${maker}.prefix?`,
        }),
      )
    })
  }
})

describe('node-redis', () => {
  // A replica may not know of a logout yet. The application may still read its own data from replicas.
  it('reads from the masters, on a Cluster and behind a Sentinel', async () => {
    const readonly: boolean[] = []
    const answer = async (isReadonly: boolean) => {
      readonly.push(isReadonly)
      return null
    }
    const cluster = {
      isOpen: true,
      nodeByAddress: new Map(),
      sendCommand: (_key: string, flag: boolean) => answer(flag),
    }
    const sentinel = { isOpen: true, getSentinelNode() {}, sendCommand: answer }
    for (const client of [cluster, sentinel]) {
      await redisStore(client).read('a')
      await redisStore(client)
        .listBySubject('k', { limit: 1 })
        .catch(() => {})
      await redisRevocations(client).read(['k'])
    }
    expect(readonly.length).toBeGreaterThan(5)
    expect(readonly).not.toContain(true)
  })
})

describe('eviction warning', () => {
  afterEach(() => vi.restoreAllMocks())

  /** A client whose server has these memory settings. `asked` collects the INFO commands. */
  function server(info: string | Error) {
    const asked: Argument[][] = []
    const client = answering(async (name, args) => {
      if (name !== 'info') return null
      asked.push(args)
      if (info instanceof Error) throw info
      return info
    })
    return { client, asked }
  }
  const memory = (policy: string, maxmemory = 1_000_000) =>
    `# Memory\r\nused_memory:1\r\nmaxmemory:${maxmemory}\r\nmaxmemory_policy:${policy}\r\nmaxmemory_human:x\r\n`

  async function warnings(info: string | Error): Promise<string[]> {
    const warned: string[] = []
    const { client } = server(info)
    const store = redisStore(client, { onWarning: (message) => warned.push(message) })
    for (let n = 0; n < 3; n++) await store.read('a')
    return warned
  }

  for (const policy of ['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'volatile-lru', 'volatile-ttl']) {
    it(`is given once if the policy is ${policy}`, async () => {
      const warned = await warnings(memory(policy))
      expect(warned.length).toBe(1)
      expect(warned[0]).toContain(policy)
    })
  }

  it('is not given if nothing is evicted or the server does not say', async () => {
    const silent = [
      memory('noeviction'),
      memory('allkeys-lru', 0),
      '',
      new Error('NOPERM this user has no permissions'),
    ]
    for (const info of silent) expect({ info, warned: await warnings(info) }).toEqual({ info, warned: [] })
  })

  it('is given by redisRevocations too', async () => {
    const warned: string[] = []
    const revocations = redisRevocations(server(memory('allkeys-lru')).client, {
      onWarning: (text) => warned.push(text),
    })
    await revocations.read(['a'])
    await revocations.read(['a'])
    expect(warned.length).toBe(1)
  })

  it('is a process warning by default', async () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const store = redisStore(server(memory('allkeys-lru')).client)
    for (let n = 0; n < 3; n++) await store.read('a')
    expect(emit.mock.calls).toEqual([[expect.stringContaining('allkeys-lru'), 'SojournWarning']])
  })

  it('is dropped if onWarning throws', async () => {
    const store = redisStore(server(memory('allkeys-lru')).client, {
      onWarning() {
        throw new Error('from the observer')
      },
    })
    for (let n = 0; n < 3; n++) expect(await store.read('a')).toBe(null)
  })

  it('waits for the first successful command, and is checked once', async () => {
    const { client, asked } = server(memory('noeviction'))
    let down = true
    const store = redisStore(
      answering(async (name, args) => {
        if (down) throw new Error('connect ECONNREFUSED')
        return client.call(name, args)
      }),
    )
    await expect(store.create(row('a'))).rejects.toThrow('ECONNREFUSED')
    down = false
    for (let n = 0; n < 3; n++) await store.read('a')
    expect(asked).toEqual([['memory']])
  })
})
