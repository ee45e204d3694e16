import { readFile } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import { describe, expect, it } from 'vitest'
import type { Argument } from '../src/client'
import { type RedisClient, redisRevocations, redisStore } from '../src/index'
import { age, hour, intercept, minute, present, rewrite, row } from './support/fixture'
import { listIds, withOwnRedis } from './support/own-redis'

await withOwnRedis('redisStore', (own) => {
  describe('prefix', () => {
    it('keeps two stores on one server apart', async () => {
      const [one, two] = [own.fresh().store, own.fresh().store]
      for (const store of [one, two]) {
        expect(await store.create(row('a', { subjectKeys: ['k'] }))).toBe(true)
        expect(await store.acquire('k', 'a', present + hour)).toEqual([])
      }
      expect(await one.deleteBySubject('k', { limit: 1000 })).toEqual({ deleted: 1 })
      await one.release('k', 'a')
      expect(await listIds(two, 'k')).toEqual(['a'])
      expect(await two.holders('k')).toEqual(['a'])
    })

    it('begins every key, and is `sojourn:` by default', async () => {
      await own.redis.flushdb()
      for (const prefix of [undefined, 'shop/']) {
        const store = redisStore(own.redis, prefix === undefined ? {} : { prefix })
        await store.create(row('a', { subjectKeys: ['k'] }))
        await store.acquire('k', 'a', present + hour)
        await redisRevocations(own.redis, prefix === undefined ? {} : { prefix }).revoke('k', {
          notBefore: 1,
          expiresAt: present + hour,
        })
      }
      const kinds = ['index:k', 'limit:k', 'revocation:k', 'session:a']
      const expected = [...kinds.map((kind) => `shop/${kind}`), ...kinds.map((kind) => `sojourn:${kind}`)]
      expect((await own.redis.keys('*')).sort()).toEqual(expected)
    })
  })

  describe('text', () => {
    it('comes back unchanged, and ids are listed in the order of their UTF-16 units', async () => {
      const { store } = own.fresh()
      const ids = [
        '!',
        '!0021',
        '!0041',
        '!~',
        '"',
        'A',
        'a',
        'a b',
        'a!',
        'a!0020',
        'a~',
        '~',
        '~0041',
        '~007e',
        'é',
        '🍪',
        '\ufffd',
      ]
      ids.push('', ' ', '  ', '\u0000', '\uffff', '\u{10ffff}')
      for (const id of ids) await store.create(row(id, { version: id, subjectKeys: [id, 'k'] }))
      expect(await listIds(store, 'k')).toEqual([...ids].sort())
      for (const id of ids) {
        expect(await store.read(id)).toEqual(row(id, { version: id, subjectKeys: [id, 'k'] }))
        expect(await listIds(store, id)).toEqual([id])
        const after = await store.listBySubject('k', { limit: 100, after: id })
        expect(after.map((found) => found.id)).toEqual(ids.filter((other) => other > id).sort())
      }
    })

    it('of subject keys comes back unchanged, also a single empty key', async () => {
      const { store } = own.fresh()
      for (const [n, subjectKeys] of [[], [''], ['', ''], [' ', 'k']].entries()) {
        const kept = row(`${n}`, { subjectKeys })
        await store.create(kept)
        expect(await store.read(kept.id)).toEqual(kept)
      }
      expect(await store.deleteBySubject('', { limit: 1000 })).toEqual({ deleted: 2 })
    })

    it('of a version that equals a former subject key of the row is not found as a subject key', async () => {
      const { store } = own.fresh()
      const held = row('a', { subjectKeys: ['k'] })
      const left = { ...held, version: 'k', subjectKeys: [] }
      await store.create(held)
      expect(await store.update(left, held)).toBe(true)
      expect(await store.deleteBySubject('k', { limit: 1000 })).toEqual({ deleted: 0 })
      expect(await store.read('a')).toEqual(left)
    })

    it('that UTF-8 cannot represent is kept apart', async () => {
      const { store } = own.fresh()
      const alike = ['\ufffd', '\ud800', '\udfff', '\udfff\ud800']
      for (const id of alike) expect(await store.create(row(id, { version: id }))).toBe(true)
      for (const id of alike) expect((await store.read(id))?.version).toBe(id)
    })
  })

  describe('instants', () => {
    it('are kept up to the largest safe integer, and may lie before 1970', async () => {
      const { store } = own.fresh()
      const [far, never] = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
      for (const touchedAt of [0, -1, never, far]) {
        const id = `touched at ${touchedAt}`
        const kept = row(id, { touchedAt, expiresAt: far, absoluteExpiresAt: never })
        await store.create(kept)
        expect(await store.read(id)).toEqual(kept)
        expect(await store.update(rewrite(kept), kept)).toBe(true)
        expect(await store.touch(id, far, far)).toBe(true)
        expect(await store.read(id)).toEqual({ ...rewrite(kept), touchedAt: far })
      }
      for (const expiresAt of [1, 0, -1, never]) {
        expect(await store.create(row(`expired ${expiresAt}`, { expiresAt, subjectKeys: ['k'] }))).toBe(true)
        expect(await store.read(`expired ${expiresAt}`)).toBe(null)
      }
    })

    it('far ahead survive an update after a touch', async () => {
      const { store, prefix } = own.fresh()
      const far = Number.MAX_SAFE_INTEGER - 1
      const seen = row('a')
      await store.create(seen)
      expect(await store.touch('a', far, far)).toBe(true)
      expect(await store.update(rewrite(seen), seen)).toBe(true)
      expect(await store.read('a')).toEqual({ ...rewrite(seen), touchedAt: far, expiresAt: far })
      expect(await own.redis.pexpiretime(`${prefix}session:a`)).toBe(far)
    })

    it('of a revocation are kept up to the largest safe integer, and may lie before 1970', async () => {
      const { prefix } = own.fresh()
      const revocations = redisRevocations(own.redis, { prefix })
      const far = Number.MAX_SAFE_INTEGER
      await revocations.revoke('k', { notBefore: far - 1, expiresAt: far - 3 })
      await revocations.revoke('k', { notBefore: far, except: 'a', expiresAt: present })
      expect(await revocations.read(['k'])).toEqual([{ notBefore: far, except: 'a', exceptSince: far - 1 }])
      expect(await own.redis.pexpiretime(`${prefix}revocation:k`)).toBe(far - 3)
      for (const expiresAt of [0, -1, -far]) {
        await revocations.revoke('expired', { notBefore: present, expiresAt })
        expect(await revocations.read(['expired'])).toEqual([null])
      }
    })

    it('lose fractions of a millisecond, which an application’s own clock may have', async () => {
      const { store } = own.fresh()
      const [touchedAt, expiresAt] = [present + 0.125, present + hour + 0.875]
      const seen = row('a', { touchedAt, expiresAt, absoluteExpiresAt: expiresAt, subjectKeys: ['k'] })
      await store.create(seen)
      const whole = { touchedAt: present, expiresAt: present + hour, absoluteExpiresAt: present + hour }
      expect(await store.read('a')).toEqual({ ...seen, ...whole })
      expect(await store.touch('a', touchedAt + minute, expiresAt + minute)).toBe(true)
      expect((await store.read('a'))?.expiresAt).toBe(present + hour + minute)
    })
  })

  it('a value of another program reads as absent, and is neither updated nor touched', async () => {
    const { store, prefix } = own.fresh()
    const [letters, number] = ['x'.repeat(17), '1'.padStart(17)]
    for (const text of [' ', letters, `${letters.repeat(4)} `, `${letters}${number.repeat(3)} `, ' '.repeat(67)]) {
      await own.redis.set(`${prefix}session:a`, text)
      const seen = row('a', { version: '' })
      expect(await store.read('a')).toBe(null)
      expect(await store.update(rewrite(seen), seen)).toBe(false)
      expect(await store.touch('a', present, present + hour)).toBe(false)
      expect(await own.redis.get(`${prefix}session:a`)).toBe(text)
      expect(await store.delete('a')).toBe(true)
    }
  })

  describe('expiry', () => {
    it('of a row is its expiresAt, which touches and updates move', async () => {
      const { store, prefix } = own.fresh()
      const expiry = () => own.redis.pexpiretime(`${prefix}session:a`)
      const seen = row('a')
      await store.create(seen)
      expect(await expiry()).toBe(seen.expiresAt)
      await store.touch('a', present, present + 2 * hour)
      expect(await expiry()).toBe(present + 2 * hour)
      await store.update(rewrite(seen, { expiresAt: present + minute }), seen)
      expect(await expiry()).toBe(present + 2 * hour)
      const longer = { ...rewrite(seen), expiresAt: present + 3 * hour }
      await store.update(longer, { ...seen, version: rewrite(seen).version })
      expect(await expiry()).toBe(present + 3 * hour)
    })

    it('of an index and a limit is five minutes after the latest end of their rows', async () => {
      const { store, prefix } = own.fresh()
      const expiries = () => Promise.all(['index', 'limit'].map((kind) => own.redis.pexpiretime(`${prefix}${kind}:k`)))
      const end = (row: { absoluteExpiresAt: number }) => row.absoluteExpiresAt + 5 * minute
      const long = row('a', { subjectKeys: ['k'] })
      await store.create(long)
      await store.acquire('k', 'a', end(long) - 5 * minute)
      await store.create(row('b', { subjectKeys: ['k'], absoluteExpiresAt: present + hour }))
      await store.acquire('k', 'b', present + hour)
      expect(await expiries()).toEqual([end(long), end(long)])

      const longer = rewrite(long, { absoluteExpiresAt: present + 48 * hour })
      await store.update(longer, long)
      expect(await expiries()).toEqual([end(longer), end(longer)])

      const beyond = row('c', { subjectKeys: ['k'], expiresAt: present + 72 * hour })
      await store.create(beyond)
      await store.acquire('k', 'c', beyond.expiresAt)
      expect(await expiries()).toEqual([beyond.expiresAt + 5 * minute, beyond.expiresAt + 5 * minute])
    })

    it('of an update does not create a limit', async () => {
      const { store, prefix } = own.fresh()
      const seen = row('a', { subjectKeys: ['k'] })
      await store.create(seen)
      await store.update(rewrite(seen, { absoluteExpiresAt: present + 48 * hour }), seen)
      expect(await own.redis.exists(`${prefix}limit:k`)).toBe(0)
    })

    it('is set on every key; revocations, limits and tombstones alone outlive the last session', async () => {
      await own.redis.flushdb()
      const { store, prefix } = own.fresh()
      const revocations = redisRevocations(own.redis, { prefix })
      const never = Number.MAX_SAFE_INTEGER
      for (const id of ['a', 'b']) await store.create(row(id, { subjectKeys: ['k', 'l'], absoluteExpiresAt: never }))
      await store.acquire('m', 'a', present + hour)
      await revocations.revoke('k', { notBefore: 5, except: 'a', expiresAt: present + hour })
      await revocations.revoke('k', { notBefore: 6, expiresAt: present + minute })
      for (const key of await own.redis.keys('*'))
        expect({ key, expires: (await own.redis.pttl(key)) > 0 }).toEqual({ key, expires: true })
      expect(await own.redis.pexpiretime(`${prefix}revocation:k`)).toBe(present + hour)

      await store.delete('a')
      await store.deleteBySubject('k', { limit: 1000 })
      await store.listBySubject('l', { limit: 10 })
      await age(own.redis, `${prefix}index:l`)
      await store.listBySubject('l', { limit: 10 })
      const tombstones = ['a', 'b'].map((id) => `${prefix}session:${id}`)
      for (const key of tombstones) expect(await own.redis.get(key)).toBe('')
      expect((await own.redis.keys('*')).sort()).toEqual([`${prefix}limit:m`, `${prefix}revocation:k`, ...tombstones])
    })
  })

  describe('tombstone', () => {
    it('stays as long as the row could have lived, and at most an hour', async () => {
      const { store, prefix } = own.fresh()
      await store.create(row('short', { expiresAt: present + minute, subjectKeys: ['k'] }))
      await store.create(row('long', { expiresAt: present + 5 * hour, subjectKeys: ['k'] }))
      expect(await store.delete('short')).toBe(true)
      expect(await store.deleteBySubject('k', { limit: 1000 })).toEqual({ deleted: 1 })
      const expiries = await Promise.all(['short', 'long'].map((id) => own.redis.pttl(`${prefix}session:${id}`)))
      expect(expiries[0]).toBeLessThanOrEqual(minute)
      expect(expiries[1]).toBeLessThanOrEqual(hour)
      for (const ms of expiries) expect(ms).toBeGreaterThan(0)
    })

    it('stays for the longest time that was asked for', async () => {
      const { store, prefix } = own.fresh()
      await store.delete('a', hour)
      await store.delete('a', minute)
      await store.delete('a')
      expect(await own.redis.pttl(`${prefix}session:a`)).toBeGreaterThan(minute)
    })

    it('is not left by the deletion of an absent row, so that forged ids cost no memory', async () => {
      const { store, prefix } = own.fresh()
      expect(await store.delete('a')).toBe(false)
      expect(await own.redis.exists(`${prefix}session:a`)).toBe(0)
    })

    it('keeps a command out that the client sends again after the row was deleted', async () => {
      const { store, prefix } = own.fresh()
      const sent: [string, Argument[]][] = []
      const recording = redisStore(
        intercept(own.redis, (...command) => sent.push(command)),
        { prefix },
      )
      await recording.create(row('a', { subjectKeys: ['k'] }))
      await store.delete('a')
      for (const [name, args] of sent) await own.redis.call(name, args)
      expect(await store.read('a')).toBe(null)
      expect(await listIds(store, 'k')).toEqual([])
    })
  })

  describe('full memory (noeviction)', () => {
    it('refuses logins, and goes on logging out', async () => {
      const { store } = own.fresh()
      const seen = row('a', { subjectKeys: ['k'], payload: 'x'.repeat(1000) })
      for (const id of ['a', 'b', 'c']) await store.create({ ...seen, id })
      await own.redis.config('SET', 'maxmemory', '1')
      try {
        await expect(store.create(row('d'))).rejects.toThrow('OOM')
        expect(await store.delete('a')).toBe(true)
        expect(await store.delete('b', hour)).toBe(true)
        expect(await store.deleteBySubject('k', { limit: 1000 })).toEqual({ deleted: 1 })
      } finally {
        await own.redis.config('SET', 'maxmemory', '0')
      }
      for (const id of ['a', 'b', 'c']) expect(await store.read(id)).toBe(null)
      expect(await store.create(seen)).toBe(false)
    })
  })

  describe('a client with settings of the application', () => {
    const seen = row('a', { subjectKeys: ['k'] })
    async function works(client: RedisClient) {
      const { store } = own.fresh(client)
      expect(await store.create(seen)).toBe(true)
      expect(await store.read('a')).toEqual(seen)
      expect(await store.update(rewrite(seen), seen)).toBe(true)
      expect(await store.touch('a', present, present + 2 * hour)).toBe(true)
      expect(await store.acquire('k', 'a', present + hour)).toEqual([])
      expect(await store.acquire('k', 'b', present + hour)).toEqual(['a'])
      expect(await listIds(store, 'k')).toEqual(['a'])
      expect(await store.deleteBySubject('k', { limit: 1000 })).toEqual({ deleted: 1 })
    }

    it('works if node-redis replies with Buffers', async () => {
      const buffers = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.NUMBER]: String }
      const client = createClient({ url: own.url, commandOptions: { typeMapping: buffers } })
      await client.connect()
      await works(client)
      await works(client.withTypeMapping(buffers))
      await client.close()
    })

    it('works if node-redis uses RESP 2', async () => {
      const client = createClient({ url: own.url, RESP: 2 })
      await client.connect()
      await works(client)
      await client.close()
    })

    it('works if ioredis has a key prefix, automatic pipelines, and numbers as text', async () => {
      const client = new Redis(own.url, { keyPrefix: 'app:', enableAutoPipelining: true, stringNumbers: true })
      await works(client)
      await client.quit()
    })
  })

  it('needs only the commands of the README’s ACL', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const [, , user, ...rules] = /^ACL SETUSER [^`]+/m.exec(readme)![0].trim().split(/\s+/)
    await own.redis.acl('SETUSER', user!, ...rules)
    const client = new Redis(own.url, { username: user, password: 'password', enableReadyCheck: false })
    const store = redisStore(client)
    const seen = row('a', { subjectKeys: ['k'] })
    await own.redis.script('FLUSH')
    expect(await store.acquire('k', 'x', present + hour)).toEqual([])
    expect(await store.create(seen)).toBe(true)
    expect(await store.acquire('k', 'a', present + hour)).toEqual(['x'])
    await store.release('k', 'x')
    expect(await store.update(rewrite(seen), seen)).toBe(true)
    expect(await store.touch('a', present, present + hour)).toBe(true)
    await age(own.redis, 'sojourn:index:k')
    expect(await store.create(row('b', { subjectKeys: ['k'] }))).toBe(true)
    expect(await listIds(store, 'k')).toEqual(['a', 'b'])
    expect(await store.delete('b')).toBe(true)
    expect(await store.deleteBySubject('k', { limit: 1000 })).toEqual({ deleted: 1 })
    expect(await store.holders('k')).toEqual(['a'])
    await store.release('k', 'a')
    const revocations = redisRevocations(client)
    await revocations.revoke('k', { notBefore: 5, expiresAt: present + hour })
    expect(await revocations.read(['k'])).toEqual([{ notBefore: 5 }])
    await expect(client.keys('*')).rejects.toThrow('NOPERM')
    await client.quit().catch(() => client.disconnect())
  })

  it('warns if the server evicts keys', async () => {
    await own.redis.config('SET', 'maxmemory', '100mb')
    await own.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const warned: string[] = []
    const { store } = own.fresh(own.redis, { onWarning: (message) => warned.push(message) })
    for (let n = 0; n < 3; n++) await store.read('a')
    await own.redis.config('SET', 'maxmemory-policy', 'noeviction')
    expect(warned).toEqual([expect.stringContaining('allkeys-lru')])
  })
})
