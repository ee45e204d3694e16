import { afterEach, describe, expect, it, vi } from 'vitest'
import { type RedisClient, redisRevocations, redisStore } from '../src/index'
import { row } from './fixture'

const makers = { redisStore, redisRevocations }

describe('a client that is not known', () => {
  const strangers: Record<string, unknown> = {
    nothing: undefined,
    null: null,
    'a URL': 'redis://127.0.0.1',
    'an empty object': {},
    'options around a client': { client: { call: async () => null } },
    'an old callback client': { send_command() {}, sendCommand() {} },
    'the legacy face of node-redis': { sendCommand() {}, get() {}, set() {} },
    'a client that has properties for methods': { call: true, sendCommand: true, isOpen: true },
  }

  for (const [maker, make] of Object.entries(makers)) {
    for (const [name, stranger] of Object.entries(strangers)) {
      it(`${maker} refuses ${name} at once, and says what to pass`, () => {
        expect(() => make(stranger as RedisClient)).toThrow(TypeError)
        expect(() => make(stranger as RedisClient)).toThrow(/createClient.*createCluster.*ioredis.*iovalkey/s)
      })
    }
  }
})

describe('an option that does not exist', () => {
  for (const [maker, make] of Object.entries(makers)) {
    it(`${maker} refuses at once: it would use the keys of others`, () => {
      const client: RedisClient = { call: async () => null }
      const wrong = { keyPrefix: 'mine:' } as object
      expect(() => make(client, wrong)).toThrow(
        new TypeError('keyPrefix: is not an option; known are prefix, onWarning'),
      )
    })
  }
})

describe('reads of node-redis', () => {
  // A replica may not have heard of a logout yet, and an application may read its own data from there.
  it('are for the masters, on a Cluster and behind a Sentinel', async () => {
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

describe('the warning of eviction', () => {
  afterEach(() => vi.restoreAllMocks())

  /** A client of a server with such memory settings; `asked` counts how often it was asked for them. */
  function server(info: string | Error) {
    const asked: string[][] = []
    const client: RedisClient = {
      async call(name: string, args: string[]) {
        if (name !== 'info') return null
        asked.push(args)
        if (info instanceof Error) throw info
        return info
      },
    }
    return { client, asked }
  }
  const memory = (policy: string, maxmemory = 1_000_000) =>
    `# Memory\r\nused_memory:1\r\nmaxmemory:${maxmemory}\r\nmaxmemory_policy:${policy}\r\nmaxmemory_human:x\r\n`

  async function warnings(info: string | Error): Promise<string[]> {
    const said: string[] = []
    const { client } = server(info)
    const store = redisStore(client, { onWarning: (message) => said.push(message) })
    for (let n = 0; n < 3; n++) await store.read('a')
    return said
  }

  for (const policy of ['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'volatile-lru', 'volatile-ttl']) {
    it(`is given once where the policy is ${policy}`, async () => {
      const said = await warnings(memory(policy))
      expect(said.length).toBe(1)
      expect(said[0]).toContain(policy)
    })
  }

  it('is not given where nothing is evicted, or the server does not tell', async () => {
    const silent = [
      memory('noeviction'),
      memory('allkeys-lru', 0),
      '',
      new Error('NOPERM this user has no permissions'),
    ]
    for (const info of silent) expect({ info, said: await warnings(info) }).toEqual({ info, said: [] })
  })

  it('is given by the revocations too', async () => {
    const said: string[] = []
    const revocations = redisRevocations(server(memory('allkeys-lru')).client, { onWarning: (text) => said.push(text) })
    await revocations.read(['a'])
    await revocations.read(['a'])
    expect(said.length).toBe(1)
  })

  it('is the process’s own warning by default', async () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const store = redisStore(server(memory('allkeys-lru')).client)
    for (let n = 0; n < 3; n++) await store.read('a')
    expect(emit.mock.calls).toEqual([[expect.stringContaining('allkeys-lru'), 'SojournWarning']])
  })

  it('harms nothing where the observer throws', async () => {
    const store = redisStore(server(memory('allkeys-lru')).client, {
      onWarning() {
        throw new Error('from the observer')
      },
    })
    for (let n = 0; n < 3; n++) expect(await store.read('a')).toBe(null)
  })

  it('waits for a server that answers, and asks only once', async () => {
    const { client, asked } = server(memory('noeviction'))
    let down = true
    const store = redisStore({
      async call(name: string, args: string[]) {
        if (down) throw new Error('connect ECONNREFUSED')
        return (client as { call(name: string, args: string[]): Promise<unknown> }).call(name, args)
      },
    })
    await expect(store.create(row('a'))).rejects.toThrow('ECONNREFUSED')
    down = false
    for (let n = 0; n < 3; n++) await store.read('a')
    expect(asked).toEqual([['memory']])
  })
})
