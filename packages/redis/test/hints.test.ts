import { createSessionManager } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { describe, expect, it } from 'vitest'
import { type RedisClient, redisRevocations, redisStore } from '../src/index'
import { answering } from './support/fixture'

const nowhere = { host: '127.0.0.1', port: 1 }
const unopened: Record<string, () => RedisClient> = {
  createClient: () => createClient({ socket: nowhere }),
  createClientPool: () => createClientPool({ socket: nowhere }),
  createCluster: () => createCluster({ rootNodes: [{ socket: nowhere }] }),
  createSentinel: () => createSentinel({ name: 'main', sentinelRootNodes: [nowhere] }),
}

describe('a client that was not connected', () => {
  it.each(Object.entries(unopened))('of %s rejects every call with an error that says what to do', async (_, make) => {
    const saysWhatToDo = /The Redis client is not open: call connect\(\) before the server listens/
    await expect(redisStore(make()).read('a')).rejects.toThrow(saysWhatToDo)
    await expect(redisStore(make()).delete('a')).rejects.toThrow(saysWhatToDo)
    await expect(redisRevocations(make()).read(['a'])).rejects.toThrow(saysWhatToDo)
  })

  it('is named in the stack of the request’s error, and not in its message', async () => {
    const secret = 'a secret of more than thirty-two bytes'
    const sessions = createSessionManager({ secret, store: redisStore(unopened.createClient!()) })
    const session = await sessions.open(fakeCarrier({}))
    const error = (await session.login('ada').catch((reason) => reason)) as Error
    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect(error.stack).toContain('call connect()')
    expect(error.message).not.toContain('connect')
  })
})

describe('the eviction warning of a Cluster', () => {
  const info = (policy: string) => `maxmemory:1000000\r\nmaxmemory_policy:${policy}\r\n`
  const policies = ['noeviction', 'noeviction', 'allkeys-lru']

  /** Nodes that answer INFO, and how often each was asked. */
  function nodes() {
    const asked = policies.map(() => 0)
    const answer = async (node: number, name: string) => {
      if (name !== 'info') return null
      asked[node]!++
      return info(policies[node]!)
    }
    return { asked, answer }
  }

  async function warnings(client: RedisClient): Promise<string[]> {
    const warned: string[] = []
    const store = redisStore(client, { onWarning: (message) => warned.push(message) })
    for (let i = 0; i < 3; i++) await store.read('a')
    await new Promise(setImmediate)
    return warned
  }

  it('of ioredis and iovalkey asks every master', async () => {
    const { asked, answer } = nodes()
    const masters = policies.map((_, node) => answering((name) => answer(node, name)))
    const cluster = { ...masters[0]!, nodes: (role: string) => (role === 'master' ? masters : []) }
    expect(await warnings(cluster)).toEqual([expect.stringContaining('maxmemory-policy allkeys-lru')])
    expect(asked).toEqual([1, 1, 1])
  })

  it('of node-redis asks every master', async () => {
    const { asked, answer } = nodes()
    const cluster = {
      isOpen: true,
      nodeByAddress: new Map(),
      masters: policies.map((_, node) => ({ node })),
      nodeClient: async ({ node }: { node: number }) => ({
        isOpen: true,
        sendCommand: ([name]: string[]) => answer(node, name!),
      }),
      sendCommand: async () => null,
    }
    expect(await warnings(cluster)).toEqual([expect.stringContaining('maxmemory-policy allkeys-lru')])
    expect(asked).toEqual([1, 1, 1])
  })

  it('is given once, also if several nodes evict and one does not answer', async () => {
    const answers = [info('allkeys-lru'), new Error('NOPERM'), info('volatile-ttl')]
    const masters = answers.map((answer) =>
      answering(async (name) => {
        if (name === 'info' && answer instanceof Error) throw answer
        return name === 'info' ? answer : null
      }),
    )
    const warned = await warnings({ ...masters[0]!, nodes: () => masters })
    expect(warned).toEqual([expect.stringContaining('maxmemory-policy allkeys-lru')])
  })
})
