import { startRedis, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisRevocations, redisStore } from '../src/index'
import { age, hour, present, rewrite, row } from './support/fixture'

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `s${String(n).padStart(3, '0')}`)

withServer({ describe, it, afterAll }, 'commands', await startRedis({ own: true }), (server) => {
  let redis: Redis
  let monitor: Redis
  beforeAll(async () => {
    redis = new Redis(server.url)
    monitor = await redis.monitor()
  })
  afterAll(async () => {
    monitor.disconnect()
    await redis.quit()
  })

  /** The commands that clients sent while `body` ran, without those that scripts run. */
  async function sent(body: () => Promise<unknown>): Promise<string[][]> {
    const log: string[][] = []
    const ended = new Promise<void>((resolve) => {
      monitor.on('monitor', (_time: string, command: string[], source: string) => {
        if (source !== 'lua') log.push(command)
        if (command[1] === 'end') resolve()
      })
    })
    await redis.echo('begin')
    await body()
    await redis.echo('end')
    await ended
    monitor.removeAllListeners('monitor')
    return log.slice(log.findIndex(([, word]) => word === 'begin') + 1, -1)
  }
  const namesOf = (commands: string[][]) => commands.map(([name]) => name)

  let prefixes = 0
  /** A store whose scripts are cached by the server, and whose eviction check is done. */
  async function freshStore() {
    const prefix = `${server.namespace}:${++prefixes}:`
    const store = redisStore(redis, { prefix })
    await store.create(row('warm', { subjectKeys: ['warm'] }))
    await store.update(rewrite(row('warm')), row('warm'))
    await store.touch('warm', present, present + hour)
    await store.deleteBySubject('warm', { limit: 1000 })
    await store.acquire('warm', 'warm', present + hour)
    return { store, prefix }
  }

  it('one for each call on a row without subjects', async () => {
    const { store } = await freshStore()
    const seen = row('a')
    expect(namesOf(await sent(() => store.create(seen)))).toEqual(['set'])
    expect(namesOf(await sent(() => store.read('a')))).toEqual(['get'])
    expect(namesOf(await sent(() => store.update(rewrite(seen), seen)))).toEqual(['evalsha'])
    expect(namesOf(await sent(() => store.touch('a', present, present + hour)))).toEqual(['evalsha'])
    expect(namesOf(await sent(() => store.delete('a')))).toEqual(['evalsha'])
  })

  it('one more for each subject key to create or delete a row', async () => {
    const { store } = await freshStore()
    const create = await sent(() => store.create(row('a', { subjectKeys: ['k', 'l'] })))
    expect(namesOf(create)).toEqual(['evalsha', 'evalsha', 'set'])
    expect(namesOf(await sent(() => store.delete('a')))).toEqual(['evalsha', 'zremrangebylex', 'zremrangebylex'])
  })

  it('one more for an update that adds a subject, two for each subject if it moves the absolute end, none for another', async () => {
    const { store } = await freshStore()
    const first = row('a', { subjectKeys: ['k'] })
    const second = rewrite(first, { subjectKeys: ['k', 'l'] })
    const third = rewrite(second, { absoluteExpiresAt: present + 48 * hour })
    const fourth = rewrite(third, { subjectKeys: [], absoluteExpiresAt: present + hour })
    await store.create(first)
    await store.touch('a', present, present + 2 * hour)
    const counts: number[] = []
    for (const [next, seen] of [
      [rewrite(first), first],
      [second, rewrite(first)],
      [third, second],
      [fourth, third],
    ] as const) {
      const version = (await store.read('a'))!.version
      counts.push((await sent(() => store.update(next, { ...seen, version }))).length)
      expect((await store.read('a'))?.version).toBe(next.version)
    }
    expect(counts).toEqual([1, 2, 5, 1])
  })

  it('at most three more for a login of a subject with older sessions', async () => {
    const { store, prefix } = await freshStore()
    for (const id of ['a', 'b', 'c']) await store.create(row(id, { subjectKeys: ['k'] }))
    await age(redis, `${prefix}index:k`)
    for (const id of ['a', 'b', 'c']) await redis.del(`${prefix}session:${id}`)
    const names = namesOf(await sent(() => store.create(row('d', { subjectKeys: ['k'] }))))
    expect(names.filter((name) => name !== 'strlen')).toEqual(['evalsha', 'evalsha', 'set'])
    expect([4, 5]).toContain(names.length)
  })

  it('one for each call on the limit of a subject, and for a revocation', async () => {
    const { store, prefix } = await freshStore()
    const revocations = redisRevocations(redis, { prefix })
    await revocations.revoke('warm', { notBefore: 1, expiresAt: present + hour })
    expect(namesOf(await sent(() => store.acquire('k', 'a', present + hour)))).toEqual(['evalsha'])
    expect(namesOf(await sent(() => store.holders('k')))).toEqual(['zrange'])
    expect(namesOf(await sent(() => store.release('k', 'a')))).toEqual(['zrem'])
    const revoke = () => revocations.revoke('k', { notBefore: 1, expiresAt: present + hour })
    expect(namesOf(await sent(revoke))).toEqual(['evalsha'])
    expect(namesOf(await sent(() => revocations.read(['k', 'l'])))).toEqual(['get', 'get'])
  })

  it('name at most a hundred entries each, or the limit of deleteBySubject', async () => {
    const { store } = await freshStore()
    for (const id of numbered(250)) await store.create(row(id, { subjectKeys: ['k'] }))
    const list = await sent(() => store.listBySubject('k', { limit: 1000 }))
    expect(list.filter(([name]) => name === 'zrange').length).toBe(3)
    expect(list.filter(([name]) => name === 'get').length).toBe(250)
    expect(list.length).toBe(253)

    const removal = await sent(() => store.deleteBySubject('k', { limit: 100 }))
    expect(removal.length).toBe(1 + 100 + 1)
    for (const command of [...list, ...removal]) expect(command.length).toBeLessThan(110)
    expect((await store.listBySubject('k', { limit: 1 })).map(({ id }) => id)).toEqual(['s100'])
  })

  it('read no more rows than the page has', async () => {
    const { store } = await freshStore()
    for (const id of numbered(20)) await store.create(row(id, { subjectKeys: ['k'] }))
    expect((await sent(() => store.listBySubject('k', { limit: 4 }))).length).toBe(1 + 4)
  })

  it('carry no payload to touch or delete a row, by id or by subject', async () => {
    const { store } = await freshStore()
    await store.create(row('a', { payload: 'x'.repeat(1_000_000), subjectKeys: ['k'] }))
    await store.create(row('b', { payload: 'x'.repeat(1_000_000), subjectKeys: ['k'] }))
    const before = await outputBytes()
    const commands = await sent(async () => {
      await store.touch('a', present, present + 2 * hour)
      await store.delete('a')
      await store.deleteBySubject('k', { limit: 1000 })
    })
    expect(commands.flat().join(' ').length).toBeLessThan(2000)
    expect((await outputBytes()) - before).toBeLessThan(20_000)
  })

  const outputBytes = async () => Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1])
})
