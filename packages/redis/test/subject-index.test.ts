import { expect, it } from 'vitest'
import { redisStore } from '../src/index'
import { age, gate, hour, intercept, present, rewrite, row } from './support/fixture'
import { listIds, withOwnRedis } from './support/own-redis'

await withOwnRedis('subject index', (own) => {
  it('keeps a dead entry below the safe age, and removes it above', async () => {
    const { store, prefix } = own.fresh()
    const index = `${prefix}index:k`
    for (const read of [
      () => store.listBySubject('k', { limit: 10 }),
      () => store.deleteBySubject('k', { limit: 1000 }),
    ]) {
      await store.create(row('a', { subjectKeys: ['k'] }))
      await own.redis.del(`${prefix}session:a`)
      await read()
      expect(await own.redis.zcard(index)).toBe(1)
      await age(own.redis, index)
      await read()
      expect(await own.redis.zcard(index)).toBe(0)
    }
  })

  it('keeps the old entry of a row that is alive', async () => {
    const { store, prefix } = own.fresh()
    for (const id of ['a', 'b', 'c']) await store.create(row(id, { subjectKeys: ['k'] }))
    await age(own.redis, `${prefix}index:k`)
    expect(await listIds(store, 'k')).toEqual(['a', 'b', 'c'])
    for (let n = 0; n < 20; n++) await store.create(row(`d${n}`, { subjectKeys: ['k'] }))
    expect(await store.deleteBySubject('k', { limit: 1000, except: 'b' })).toEqual({ deleted: 22 })
    expect(await listIds(store, 'k')).toEqual(['b'])
  })

  it('finds a row whose create was in progress during a list', async () => {
    const { hold, release, arrived } = gate()
    const slow = intercept(own.redis, (name) => (name === 'set' ? hold() : undefined))
    const { prefix, store } = own.fresh(slow)
    const others = redisStore(own.redis, { prefix })
    const created = store.create(row('a', { subjectKeys: ['k'] }))
    await arrived
    expect(await listIds(others, 'k')).toEqual([])
    expect(await others.deleteBySubject('k', { limit: 1000 })).toEqual({ deleted: 0 })
    release()
    expect(await created).toBe(true)
    expect(await listIds(others, 'k')).toEqual(['a'])
  })

  it('adds an entry before an update gives the row its key', async () => {
    const { prefix, store } = own.fresh()
    const seen = row('a')
    await store.create(seen)
    const { hold, release, arrived } = gate()
    const updates = redisStore(
      intercept(own.redis, (_, args) => (args.includes(`${prefix}session:a`) ? hold() : undefined)),
      { prefix },
    )
    const updated = updates.update(rewrite(seen, { subjectKeys: ['k'] }), seen)
    await arrived
    expect(await own.redis.zcard(`${prefix}index:k`)).toBe(1)
    release()
    expect(await updated).toBe(true)
    expect(await listIds(store, 'k')).toEqual(['a'])
  })

  it('finds a row that got the key back while its dead entry was removed', async () => {
    const { prefix, store } = own.fresh()
    const [first, without] = [row('a', { subjectKeys: ['k'] }), row('a', { version: 'v2' })]
    await store.create(first)
    await store.update(without, first)
    await age(own.redis, `${prefix}index:k`)

    const { hold, release, arrived } = gate()
    const slow = redisStore(
      intercept(own.redis, (name) => (name === 'evalsha' ? hold() : undefined)),
      { prefix },
    )
    const listed = slow.listBySubject('k', { limit: 10 })
    await arrived
    expect(await store.update(rewrite(without, { subjectKeys: ['k'] }), without)).toBe(true)
    release()
    expect(await listed).toEqual([])
    expect(await listIds(store, 'k')).toEqual(['a'])
  })

  it('lists a row once after its entry was added again', async () => {
    const { store, prefix } = own.fresh()
    const seen = row('a', { subjectKeys: ['k'] })
    await store.create(seen)
    await age(own.redis, `${prefix}index:k`)
    await store.update(rewrite(seen, { absoluteExpiresAt: present + 48 * hour }), seen)
    expect(await listIds(store, 'k')).toEqual(['a'])
    expect(await own.redis.zcard(`${prefix}index:k`)).toBe(1)
  })

  it('stays small by logins alone, if sessions expire and are never listed', async () => {
    const { store, prefix } = own.fresh()
    const index = `${prefix}index:k`
    for (let n = 0; n < 100; n++) {
      await store.create(row(`s${n}`, { subjectKeys: ['k'] }))
      await own.redis.del(`${prefix}session:s${n}`)
      await age(own.redis, index)
    }
    expect(await own.redis.zcard(index)).toBeLessThan(3)
  })

  it('lists and deletes more sessions than one batch, in pages of any size', async () => {
    const { store } = own.fresh()
    const ids = Array.from({ length: 230 }, (_, n) => `s${String(n).padStart(3, '0')}`)
    await Promise.all(ids.map((id) => store.create(row(id, { subjectKeys: ['k'] }))))
    expect((await store.listBySubject('k', { limit: 1000 })).map(({ id }) => id)).toEqual(ids)
    expect((await store.listBySubject('k', { limit: 150, after: 's007' })).map(({ id }) => id)).toEqual(
      ids.slice(8, 158),
    )
    expect(await store.deleteBySubject('k', { limit: 1000, except: 's111' })).toEqual({ deleted: 229 })
    expect(await listIds(store, 'k')).toEqual(['s111'])
  })
})
