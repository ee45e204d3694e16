import { readFile } from 'node:fs/promises'
import { startRedis, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisClient, redisRevocations, redisStore } from '../src/index'
import { age, gate, hour, minute, present, rewrite, row, through } from './fixture'

withServer({ describe, it, afterAll }, 'redisStore and its server', await startRedis({ own: true }), (server) => {
  let redis: Redis
  let prefixes = 0
  beforeAll(() => {
    redis = new Redis(server.url)
  })
  afterAll(() => redis.quit())

  function fresh(client: RedisClient = redis, options: { onWarning?: (message: string) => void } = {}) {
    const prefix = `${server.namespace}:${++prefixes}:`
    return { prefix, store: redisStore(client, { prefix, ...options }) }
  }
  const idsUnder = async (store: ReturnType<typeof redisStore>, key: string) =>
    (await store.listBySubject(key, { limit: 100 })).map(({ id }) => id)

  describe('the script cache', () => {
    it('may be emptied before any command: nobody notices', async () => {
      const flushing = through(redis, () => redis.script('FLUSH'))
      const { store, prefix } = fresh(flushing)
      const revocations = redisRevocations(flushing, { prefix })
      const seen = row('a', { subjectKeys: ['k'] })
      expect(await store.create(seen)).toBe(true)
      expect(await store.update(rewrite(seen), seen)).toBe(true)
      expect(await store.touch('a', present, present + 2 * hour)).toBe(true)
      expect(await store.acquire('k', 'a', 1, false)).toEqual({ admitted: true, evicted: [] })
      await revocations.revoke('k', { notBefore: 5, expiresAt: present + hour })
      expect(await revocations.read(['k'])).toEqual([{ notBefore: 5 }])
      expect(await idsUnder(store, 'k')).toEqual(['a'])
      expect(await store.deleteBySubject('k')).toBe(1)
      expect(await store.delete('a')).toBe(false)
    })

    it('is used: a script is sent once, then named', async () => {
      await redis.script('FLUSH')
      const names: string[] = []
      const { store } = fresh(through(redis, (name) => names.push(name)))
      await store.create(row('a'))
      for (let n = 0; n < 3; n++) await store.touch('a', present + n, present + hour)
      expect(names.filter((name) => name !== 'info')).toEqual(['set', 'evalsha', 'eval', 'evalsha', 'evalsha'])
    })

    it('is no excuse: any other error reaches the caller as it is, and nothing is sent twice', async () => {
      const names: string[] = []
      const { store, prefix } = fresh(through(redis, (name) => names.push(name)))
      await redis.hset(`${prefix}row:a`, 'of', 'another program')
      await store.touch('b', present, present)
      await store.delete('b')
      names.length = 0
      for (const call of [() => store.touch('a', present, present), () => store.delete('a'), () => store.read('a')]) {
        await expect(call()).rejects.toThrow('WRONGTYPE')
      }
      expect(names).toEqual(['evalsha', 'evalsha', 'get'])
    })
  })

  describe('prefixes', () => {
    it('keep two stores on one server apart', async () => {
      const [one, two] = [fresh().store, fresh().store]
      for (const store of [one, two]) {
        expect(await store.create(row('a', { subjectKeys: ['k'] }))).toBe(true)
        expect(await store.acquire('k', 'a', 1, false)).toEqual({ admitted: true, evicted: [] })
      }
      expect(await one.deleteBySubject('k')).toBe(1)
      await one.release('k', 'a')
      expect(await idsUnder(two, 'k')).toEqual(['a'])
      expect(await two.holders('k')).toEqual(['a'])
    })

    it('begin every key, `sojourn:` where none is given', async () => {
      await redis.flushdb()
      for (const prefix of [undefined, 'shop/']) {
        const store = redisStore(redis, prefix === undefined ? {} : { prefix })
        await store.create(row('a', { subjectKeys: ['k'] }))
        await store.acquire('k', 'a', 1, false)
        await redisRevocations(redis, prefix === undefined ? {} : { prefix }).revoke('k', {
          notBefore: 1,
          expiresAt: present + hour,
        })
      }
      const kinds = ['index:{:k}', 'mark:k', 'order:{:k}', 'row:a']
      const expected = [...kinds.map((kind) => `shop/${kind}`), ...kinds.map((kind) => `sojourn:${kind}`)]
      expect((await redis.keys('*')).sort()).toEqual(expected)
    })
  })

  describe('text and instants', () => {
    it('of any kind come back, and list in the order of their UTF-16 units', async () => {
      const { store } = fresh()
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
      expect(await idsUnder(store, 'k')).toEqual([...ids].sort())
      for (const id of ids) {
        expect(await store.read(id)).toEqual(row(id, { version: id, subjectKeys: [id, 'k'] }))
        expect(await idsUnder(store, id)).toEqual([id])
        const after = await store.listBySubject('k', { limit: 100, after: id })
        expect(after.map((found) => found.id)).toEqual(ids.filter((other) => other > id).sort())
      }
    })

    it('of subject keys come back as they are, an only one without a letter too', async () => {
      const { store } = fresh()
      for (const [n, subjectKeys] of [[], [''], ['', ''], [' ', 'k']].entries()) {
        const kept = row(`${n}`, { subjectKeys })
        await store.create(kept)
        expect(await store.read(kept.id)).toEqual(kept)
      }
      expect(await store.deleteBySubject('')).toBe(2)
    })

    it('a version that reads like a subject key the row once held is none', async () => {
      const { store } = fresh()
      const held = row('a', { subjectKeys: ['k'] })
      const left = { ...held, version: 'k', subjectKeys: [] }
      await store.create(held)
      expect(await store.update(left, held)).toBe(true)
      expect(await store.deleteBySubject('k')).toBe(0)
      expect(await store.read('a')).toEqual(left)
    })

    it('that UTF-8 cannot tell apart are told apart', async () => {
      const { store } = fresh()
      const alike = ['\ufffd', '\ud800', '\udfff', '\udfff\ud800']
      for (const id of alike) expect(await store.create(row(id, { version: id }))).toBe(true)
      for (const id of alike) expect((await store.read(id))?.version).toBe(id)
    })

    it('instants are kept as far as whole numbers reach, and one before 1970 is no error', async () => {
      const { store } = fresh()
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
        expect(await store.create(row(`over ${expiresAt}`, { expiresAt, subjectKeys: ['k'] }))).toBe(true)
        expect(await store.read(`over ${expiresAt}`)).toBe(null)
      }
    })

    it('instants far ahead survive an update that comes after a touch', async () => {
      const { store, prefix } = fresh()
      const far = Number.MAX_SAFE_INTEGER - 1
      const seen = row('a')
      await store.create(seen)
      expect(await store.touch('a', far, far)).toBe(true)
      expect(await store.update(rewrite(seen), seen)).toBe(true)
      expect(await store.read('a')).toEqual({ ...rewrite(seen), touchedAt: far, expiresAt: far })
      expect(await redis.pexpiretime(`${prefix}row:a`)).toBe(far)
    })

    it('instants of a mark are kept as far as whole numbers reach, and one before 1970 is no error', async () => {
      const { prefix } = fresh()
      const revocations = redisRevocations(redis, { prefix })
      const far = Number.MAX_SAFE_INTEGER
      await revocations.revoke('k', { notBefore: far - 1, expiresAt: far - 3 })
      await revocations.revoke('k', { notBefore: far, except: 'a', expiresAt: present })
      expect(await revocations.read(['k'])).toEqual([{ notBefore: far, except: 'a', exceptSince: far - 1 }])
      expect(await redis.pexpiretime(`${prefix}mark:k`)).toBe(far - 3)
      for (const expiresAt of [0, -1, -far]) {
        await revocations.revoke('over', { notBefore: present, expiresAt })
        expect(await revocations.read(['over'])).toEqual([null])
      }
    })

    it('fractions of a millisecond, from an application’s own clock, are cut off', async () => {
      const { store } = fresh()
      const [touchedAt, expiresAt] = [present + 0.125, present + hour + 0.875]
      const seen = row('a', { touchedAt, expiresAt, absoluteExpiresAt: expiresAt, subjectKeys: ['k'] })
      await store.create(seen)
      const whole = { touchedAt: present, expiresAt: present + hour, absoluteExpiresAt: present + hour }
      expect(await store.read('a')).toEqual({ ...seen, ...whole })
      expect(await store.touch('a', touchedAt + minute, expiresAt + minute)).toBe(true)
      expect((await store.read('a'))?.expiresAt).toBe(present + hour + minute)
    })
  })

  it('a text of somebody else is read as no row, and neither updated nor touched', async () => {
    const { store, prefix } = fresh()
    const [letters, number] = ['x'.repeat(17), '1'.padStart(17)]
    for (const text of ['', ' ', letters, `${letters.repeat(4)} `, `${letters}${number.repeat(3)} `, ' '.repeat(67)]) {
      await redis.set(`${prefix}row:a`, text)
      const seen = row('a', { version: '' })
      expect(await store.read('a')).toBe(null)
      expect(await store.update(rewrite(seen), seen)).toBe(false)
      expect(await store.touch('a', present, present + hour)).toBe(false)
      expect(await redis.get(`${prefix}row:a`)).toBe(text)
      expect(await store.delete('a')).toBe(true)
    }
  })

  describe('what Redis forgets', () => {
    it('a row goes at its expiresAt, which touches and updates move', async () => {
      const { store, prefix } = fresh()
      const expiry = () => redis.pexpiretime(`${prefix}row:a`)
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

    it('an index and an order go when no row of theirs can be left, and not before', async () => {
      const { store, prefix } = fresh()
      const expiries = () => Promise.all(['index', 'order'].map((kind) => redis.pexpiretime(`${prefix}${kind}:{:k}`)))
      const end = (row: { absoluteExpiresAt: number }) => row.absoluteExpiresAt + 5 * minute
      await store.acquire('k', 'a', 3, false)
      expect((await expiries())[1]).toBeGreaterThan(present)

      const long = row('a', { subjectKeys: ['k'] })
      await store.create(long)
      await store.create(row('b', { subjectKeys: ['k'], absoluteExpiresAt: present + hour }))
      expect(await expiries()).toEqual([end(long), end(long)])

      const longer = rewrite(long, { absoluteExpiresAt: present + 48 * hour })
      await store.update(longer, long)
      expect(await expiries()).toEqual([end(longer), end(longer)])

      const beyond = row('c', { subjectKeys: ['k'], expiresAt: present + 72 * hour })
      await store.create(beyond)
      expect(await expiries()).toEqual([beyond.expiresAt + 5 * minute, beyond.expiresAt + 5 * minute])
    })

    it('an order begun after its index lives as long', async () => {
      const { store, prefix } = fresh()
      await store.create(row('a', { subjectKeys: ['k'] }))
      await store.acquire('k', 'a', 3, false)
      expect(await redis.pexpiretime(`${prefix}order:{:k}`)).toBe(await redis.pexpiretime(`${prefix}index:{:k}`))
    })

    it('nothing is without an expiry, and nothing but marks and orders outlives the last session', async () => {
      await redis.flushdb()
      const { store, prefix } = fresh()
      const revocations = redisRevocations(redis, { prefix })
      const never = Number.MAX_SAFE_INTEGER
      for (const id of ['a', 'b']) await store.create(row(id, { subjectKeys: ['k', 'l'], absoluteExpiresAt: never }))
      await store.acquire('m', 'a', 1, true)
      await revocations.revoke('k', { notBefore: 5, except: 'a', expiresAt: present + hour })
      await revocations.revoke('k', { notBefore: 6, expiresAt: present + minute })
      for (const key of await redis.keys('*'))
        expect({ key, expires: (await redis.pttl(key)) > 0 }).toEqual({ key, expires: true })
      expect(await redis.pexpiretime(`${prefix}mark:k`)).toBe(present + hour)

      await store.delete('a')
      await store.deleteBySubject('k')
      await store.listBySubject('l', { limit: 10 })
      await age(redis, `${prefix}index:{:l}`)
      await store.listBySubject('l', { limit: 10 })
      expect((await redis.keys('*')).sort()).toEqual([`${prefix}mark:k`, `${prefix}order:{:m}`])
    })
  })

  describe('the index of a subject', () => {
    it('keeps a dead entry while a write may be on its way, and loses it when it is settled', async () => {
      const { store, prefix } = fresh()
      const index = `${prefix}index:{:k}`
      for (const read of [() => store.listBySubject('k', { limit: 10 }), () => store.deleteBySubject('k')]) {
        await store.create(row('a', { subjectKeys: ['k'] }))
        await redis.del(`${prefix}row:a`)
        await read()
        expect(await redis.zcard(index)).toBe(1)
        await age(redis, index)
        await read()
        expect(await redis.zcard(index)).toBe(0)
      }
    })

    it('never loses the entry of a row that is there', async () => {
      const { store, prefix } = fresh()
      for (const id of ['a', 'b', 'c']) await store.create(row(id, { subjectKeys: ['k'] }))
      await age(redis, `${prefix}index:{:k}`)
      expect(await idsUnder(store, 'k')).toEqual(['a', 'b', 'c'])
      for (let n = 0; n < 20; n++) await store.create(row(`d${n}`, { subjectKeys: ['k'] }))
      expect(await store.deleteBySubject('k', 'b')).toBe(22)
      expect(await idsUnder(store, 'k')).toEqual(['b'])
    })

    it('finds a row that was created while a list was taken', async () => {
      const { hold, release, arrived } = gate()
      const slow = through(redis, (name) => (name === 'set' ? hold() : undefined))
      const { prefix, store } = fresh(slow)
      const others = redisStore(redis, { prefix })
      const created = store.create(row('a', { subjectKeys: ['k'] }))
      await arrived
      expect(await idsUnder(others, 'k')).toEqual([])
      expect(await others.deleteBySubject('k')).toBe(0)
      release()
      expect(await created).toBe(true)
      expect(await idsUnder(others, 'k')).toEqual(['a'])
    })

    it('knows of a row before an update has it hold the key', async () => {
      const { prefix, store } = fresh()
      const seen = row('a')
      await store.create(seen)
      const { hold, release, arrived } = gate()
      const updates = redisStore(
        through(redis, (_, args) => (args.includes(`${prefix}row:a`) ? hold() : undefined)),
        { prefix },
      )
      const updated = updates.update(rewrite(seen, { subjectKeys: ['k'] }), seen)
      await arrived
      expect(await redis.zcard(`${prefix}index:{:k}`)).toBe(1)
      release()
      expect(await updated).toBe(true)
      expect(await idsUnder(store, 'k')).toEqual(['a'])
    })

    it('finds a row that came to hold the key while its dead entry was being removed', async () => {
      const { prefix, store } = fresh()
      const [first, without] = [row('a', { subjectKeys: ['k'] }), row('a', { version: 'v2' })]
      await store.create(first)
      await store.update(without, first)
      await age(redis, `${prefix}index:{:k}`)

      const { hold, release, arrived } = gate()
      const slow = redisStore(
        through(redis, (name) => (name === 'evalsha' ? hold() : undefined)),
        { prefix },
      )
      const listed = slow.listBySubject('k', { limit: 10 })
      await arrived
      expect(await store.update(rewrite(without, { subjectKeys: ['k'] }), without)).toBe(true)
      release()
      expect(await listed).toEqual([])
      expect(await idsUnder(store, 'k')).toEqual(['a'])
    })

    it('lists a row once that was entered again', async () => {
      const { store, prefix } = fresh()
      const seen = row('a', { subjectKeys: ['k'] })
      await store.create(seen)
      await age(redis, `${prefix}index:{:k}`)
      await store.update(rewrite(seen, { absoluteExpiresAt: present + 48 * hour }), seen)
      expect(await idsUnder(store, 'k')).toEqual(['a'])
      expect(await redis.zcard(`${prefix}index:{:k}`)).toBe(1)
    })

    it('is kept clean by logins alone, where sessions end unheard and nobody lists them', async () => {
      const { store, prefix } = fresh()
      const index = `${prefix}index:{:k}`
      for (let n = 0; n < 100; n++) {
        await store.create(row(`s${n}`, { subjectKeys: ['k'] }))
        await redis.del(`${prefix}row:s${n}`)
        await age(redis, index)
      }
      expect(await redis.zcard(index)).toBeLessThan(3)
    })

    it('lists a subject of more sessions than are asked for at a time, in pages of any size', async () => {
      const { store } = fresh()
      const ids = Array.from({ length: 230 }, (_, n) => `s${String(n).padStart(3, '0')}`)
      await Promise.all(ids.map((id) => store.create(row(id, { subjectKeys: ['k'] }))))
      expect((await store.listBySubject('k', { limit: 1000 })).map(({ id }) => id)).toEqual(ids)
      expect((await store.listBySubject('k', { limit: 150, after: 's007' })).map(({ id }) => id)).toEqual(
        ids.slice(8, 158),
      )
      expect(await store.deleteBySubject('k', 's111')).toBe(229)
      expect(await idsUnder(store, 'k')).toEqual(['s111'])
    })
  })

  describe('a client that is set up for other uses too', () => {
    const seen = row('a', { subjectKeys: ['k'] })
    async function works(client: RedisClient) {
      const { store } = fresh(client)
      expect(await store.create(seen)).toBe(true)
      expect(await store.read('a')).toEqual(seen)
      expect(await store.update(rewrite(seen), seen)).toBe(true)
      expect(await store.touch('a', present, present + 2 * hour)).toBe(true)
      expect(await store.acquire('k', 'a', 1, true)).toEqual({ admitted: true, evicted: [] })
      expect(await store.acquire('k', 'b', 1, true)).toEqual({ admitted: true, evicted: ['a'] })
      expect(await idsUnder(store, 'k')).toEqual(['a'])
      expect(await store.deleteBySubject('k')).toBe(1)
    }

    it('node-redis that answers in Buffers', async () => {
      const buffers = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.NUMBER]: String }
      const client = createClient({ url: server.url, commandOptions: { typeMapping: buffers } })
      await client.connect()
      await works(client)
      await works(client.withTypeMapping(buffers))
      await client.close()
    })

    it('node-redis that speaks RESP 2', async () => {
      const client = createClient({ url: server.url, RESP: 2 })
      await client.connect()
      await works(client)
      await client.close()
    })

    it('ioredis with a prefix of its own, automatic pipelines, and numbers as text', async () => {
      const client = new Redis(server.url, { keyPrefix: 'app:', enableAutoPipelining: true, stringNumbers: true })
      await works(client)
      await client.quit()
    })
  })

  it('needs no more than the README’s ACL gives', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const [, , user, ...rules] = /^ACL SETUSER [^`]+/m.exec(readme)![0].trim().split(/\s+/)
    await redis.acl('SETUSER', user!, ...rules)
    const client = new Redis(server.url, { username: user, password: 'password', enableReadyCheck: false })
    const store = redisStore(client)
    const seen = row('a', { subjectKeys: ['k'] })
    await redis.script('FLUSH')
    expect(await store.acquire('k', 'x', 1, true)).toEqual({ admitted: true, evicted: [] })
    expect(await store.create(seen)).toBe(true)
    expect(await store.acquire('k', 'a', 1, true)).toEqual({ admitted: true, evicted: ['x'] })
    await store.release('k', 'x')
    expect(await store.update(rewrite(seen), seen)).toBe(true)
    expect(await store.touch('a', present, present + hour)).toBe(true)
    await age(redis, 'sojourn:index:{:k}')
    expect(await store.create(row('b', { subjectKeys: ['k'] }))).toBe(true)
    expect(await idsUnder(store, 'k')).toEqual(['a', 'b'])
    expect(await store.delete('b')).toBe(true)
    expect(await store.deleteBySubject('k')).toBe(1)
    expect(await store.holders('k')).toEqual(['a'])
    await store.release('k', 'a')
    const revocations = redisRevocations(client)
    await revocations.revoke('k', { notBefore: 5, expiresAt: present + hour })
    expect(await revocations.read(['k'])).toEqual([{ notBefore: 5 }])
    await expect(client.keys('*')).rejects.toThrow('NOPERM')
    await client.quit().catch(() => client.disconnect())
  })

  it('warns where the server evicts', async () => {
    await redis.config('SET', 'maxmemory', '100mb')
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const said: string[] = []
    const { store } = fresh(redis, { onWarning: (message) => said.push(message) })
    for (let n = 0; n < 3; n++) await store.read('a')
    await redis.config('SET', 'maxmemory-policy', 'noeviction')
    expect(said).toEqual([expect.stringContaining('allkeys-lru')])
  })
})
