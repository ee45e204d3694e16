import { expect, it } from 'vitest'
import { redisRevocations } from '../src/index'
import { hour, intercept, present, rewrite, row } from './support/fixture'
import { listIds, withOwnRedis } from './support/own-redis'

await withOwnRedis('script', (own) => {
  it('succeeds if the script cache is emptied before every command', async () => {
    const flushing = intercept(own.redis, () => own.redis.script('FLUSH'))
    const { store, prefix } = own.fresh(flushing)
    const revocations = redisRevocations(flushing, { prefix })
    const seen = row('a', { subjectKeys: ['k'] })
    expect(await store.create(seen)).toBe(true)
    expect(await store.update(rewrite(seen), seen)).toBe(true)
    expect(await store.touch('a', present, present + 2 * hour)).toBe(true)
    expect(await store.acquire('k', 'a', present + hour)).toEqual([])
    await revocations.revoke('k', { notBefore: 5, expiresAt: present + hour })
    expect(await revocations.read(['k'])).toEqual([{ notBefore: 5 }])
    expect(await listIds(store, 'k')).toEqual(['a'])
    expect(await store.deleteBySubject('k', { limit: 1000 })).toEqual({ deleted: 1 })
    expect(await store.delete('a')).toBe(false)
  })

  it('is sent in full once, then by its digest', async () => {
    await own.redis.script('FLUSH')
    const names: string[] = []
    const { store } = own.fresh(intercept(own.redis, (name) => names.push(name)))
    await store.create(row('a'))
    for (let n = 0; n < 3; n++) await store.touch('a', present + n, present + hour)
    expect(names.filter((name) => name !== 'info')).toEqual(['set', 'evalsha', 'eval', 'evalsha', 'evalsha'])
  })

  it('passes any other error on unchanged, and sends nothing twice', async () => {
    const names: string[] = []
    const { store, prefix } = own.fresh(intercept(own.redis, (name) => names.push(name)))
    await own.redis.hset(`${prefix}session:a`, 'of', 'another program')
    await store.touch('b', present, present)
    await store.delete('b')
    names.length = 0
    for (const call of [() => store.touch('a', present, present), () => store.delete('a'), () => store.read('a')]) {
      await expect(call()).rejects.toThrow('WRONGTYPE')
    }
    expect(names).toEqual(['evalsha', 'evalsha', 'get'])
  })
})
