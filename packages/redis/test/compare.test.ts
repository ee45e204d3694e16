import {
  findRedisServer,
  findValkey,
  startRedis,
  startRedisCluster,
  withServer,
} from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Argument } from '../src/client'
import { redisStore } from '../src/index'
import { clusterDrivers, type Opened } from './support/drivers'
import { answering, hour, intercept, minute, present, rewrite, row } from './support/fixture'

const valkey = await findValkey()

/** Rewrites a row that was read before, and expects the later instants to be kept. */
async function updateAfterTouch(store: ReturnType<typeof redisStore>, id: string): Promise<void> {
  const seen = row(id)
  expect(await store.create(seen)).toBe(true)
  expect(await store.touch(id, present + minute, present + 2 * hour)).toBe(true)
  expect(await store.update(rewrite(seen), seen)).toBe(true)
  expect(await store.read(id)).toEqual({ ...rewrite(seen), touchedAt: present + minute, expiresAt: present + 2 * hour })
}

withServer({ describe, it, afterAll }, 'update', await startRedis({ own: true, program: valkey }), (server) => {
  let redis: Redis
  let prefixes = 0
  beforeAll(() => {
    redis = new Redis(server.url)
  })
  afterAll(() => redis.quit())

  function fresh() {
    const sent: string[] = []
    const client = intercept(
      redis,
      (name, args) => name !== 'info' && sent.push(args.includes('ifeq') ? 'set ifeq' : name),
    )
    return { sent, store: redisStore(client, { prefix: `${server.namespace}:${++prefixes}:` }) }
  }

  it('is one command that compares, also after an update, and of a row that was read', async () => {
    const { store, sent } = fresh()
    const first = row('a', { subjectKeys: ['k'] })
    await store.create(first)
    sent.length = 0
    const second = rewrite(first, { payload: 'second' })
    expect(await store.update(second, first)).toBe(true)
    expect(await store.update(rewrite(second, { payload: 'third' }), (await store.read('a'))!)).toBe(true)
    expect(sent).toEqual(['set ifeq', 'get', 'set ifeq'])
    expect(await store.read('a')).toEqual(rewrite(second, { payload: 'third' }))
  })

  it('keeps the later instants of what it has seen', async () => {
    const { store, sent } = fresh()
    const seen = row('a')
    await store.create(seen)
    const earlier = rewrite(seen, { touchedAt: seen.touchedAt - minute, expiresAt: seen.expiresAt - minute })
    expect(await store.update(earlier, seen)).toBe(true)
    expect(await store.read('a')).toEqual(rewrite(seen))
    expect(sent).toEqual(['set', 'set ifeq', 'get'])
  })

  it('goes by the version if a touch came in between', async () => {
    const { store, sent } = fresh()
    await updateAfterTouch(store, 'a')
    expect(sent).toContain('evalsha')
  })

  it('goes by the version alone if the row is large', async () => {
    const { store, sent } = fresh()
    const seen = row('a', { payload: 'x'.repeat(3000) })
    await store.create(seen)
    expect(await store.update(rewrite(seen), seen)).toBe(true)
    expect(sent).not.toContain('set ifeq')
  })

  it('of an older version changes nothing, and never creates', async () => {
    const { store } = fresh()
    const seen = row('a')
    expect(await store.update(rewrite(seen), seen)).toBe(false)
    await store.create(seen)
    await store.update(rewrite(seen), seen)
    expect(await store.update(rewrite(seen, { payload: 'late' }), seen)).toBe(false)
    expect(await store.read('a')).toEqual(rewrite(seen))
    await store.delete('a')
    expect(await store.update(rewrite(rewrite(seen)), rewrite(seen))).toBe(false)
    expect(await store.read('a')).toBe(null)
  })
})

const mixed = await startRedisCluster({ own: true, programs: [await findRedisServer(), valkey, valkey] })

withServer({ describe, it, afterAll }, 'update on a Cluster of two versions', mixed, (server) => {
  for (const [name, open] of Object.entries(clusterDrivers)) {
    describe(name, () => {
      let opened: Opened
      beforeAll(async () => {
        opened = await open(server.urls)
      })
      afterAll(() => opened.close())

      it('is right on every node', async () => {
        const ids = Array.from({ length: 24 }, (_, n) => `${name} ${n}`)
        for (const id of ids) {
          // A store of its own: none of them knows yet what the node of its key can do.
          const store = redisStore(opened.client, { prefix: `${server.namespace}:${id}:` })
          await updateAfterTouch(store, id)
          const seen = (await store.read(id))!
          const next = rewrite(seen, { payload: 'next' })
          expect(await store.update(next, seen)).toBe(true)
          expect(await store.update(rewrite(seen, { payload: 'late' }), seen)).toBe(false)
          expect(await store.read(id)).toEqual(next)
        }
      })
    })
  }
})

describe('update on a server that cannot compare', () => {
  function storeOf(refusal: Error) {
    const sent: Argument[] = []
    const client = answering(async (name) => {
      if (name === 'set' || name.startsWith('eval')) sent.push(name)
      if (name === 'set') throw refusal
      return 1
    })
    return { store: redisStore(client), sent }
  }

  it('is tried with one of ten thousand updates, so that a server may be upgraded', async () => {
    const { store, sent } = storeOf(new Error('ERR syntax error'))
    const tries: number[] = []
    for (let n = 0; n <= 20_002; n++) {
      expect(await store.update(rewrite(row('a')), row('a'))).toBe(true)
      if (sent.includes('set')) tries.push(n)
      sent.length = 0
    }
    expect(tries).toEqual([0, 10_001, 20_002])
  })

  it('passes on errors that are no refusal', async () => {
    const { store, sent } = storeOf(new Error('OOM command not allowed'))
    for (let n = 0; n < 2; n++) await expect(store.update(rewrite(row('a')), row('a'))).rejects.toThrow('OOM')
    expect(sent).toEqual(['set', 'set'])
  })
})
