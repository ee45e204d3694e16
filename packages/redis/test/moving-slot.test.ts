import { createSessionManager } from '@sojourn/session-core'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import { startRedisCluster, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../src/index'
import { clusterDrivers, type Opened } from './support/drivers'

const secret = 'a secret for tests, at least 32 bytes long'

withServer({ describe, it, afterAll }, 'hash slot that moves', await startRedisCluster({ own: true }), (server) => {
  let nodes: Redis[]
  let prefixes = 0
  beforeAll(() => {
    nodes = server.urls.map((url) => new Redis(url))
  })
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.quit()))
  })

  /** The node that has a slot, and another one. */
  async function ownerOf(slot: number): Promise<{ owner: Redis; ownerId: string; other: Redis; otherId: string }> {
    const ids = await Promise.all(nodes.map((node) => node.cluster('MYID')))
    const ranges = (await nodes[0]!.cluster('SLOTS')) as unknown as [number, number, [string, number, string]][]
    const range = ranges.find(([from, to]) => from <= slot && slot <= to)!
    const own = ids.indexOf(range[2][2])
    const masters = new Set(ranges.map((each) => each[2][2]))
    const foreign = ids.findIndex((id, n) => n !== own && masters.has(id))
    return { owner: nodes[own]!, ownerId: ids[own]!, other: nodes[foreign]!, otherId: ids[foreign]! }
  }

  /** Holds the slots of all keys of subjects under a prefix half-way between two nodes, while `body` runs. */
  async function whileMoving(prefix: string, body: () => Promise<void>): Promise<void> {
    const keys = (await Promise.all(nodes.map((node) => node.keys(`${prefix}*`)))).flat()
    const subjects = keys.filter((key) => key.startsWith(`${prefix}index:`))
    const names = subjects.flatMap((key) => [key, key.replace(':index:', ':limit:')])
    const slots = [...new Set(await Promise.all(names.map((name) => nodes[0]!.cluster('KEYSLOT', name))))]
    for (const slot of slots) {
      const { owner, ownerId, other, otherId } = await ownerOf(slot)
      await other.cluster('SETSLOT', slot, 'IMPORTING', ownerId)
      await owner.cluster('SETSLOT', slot, 'MIGRATING', otherId)
    }
    await body()
    for (const node of nodes) for (const slot of slots) await node.cluster('SETSLOT', slot, 'STABLE')
  }

  for (const [name, open] of Object.entries(clusterDrivers)) {
    describe(name, () => {
      let opened: Opened
      beforeAll(async () => {
        opened = await open(server.urls)
      })
      afterAll(() => opened.close())

      it.each([undefined, 3])(
        'admits 10 of 10 logins of a known subject (maxPerSubject: %s)',
        async (maxPerSubject) => {
          const prefix = `moving:${++prefixes}:`
          const sessions = createSessionManager({
            secret,
            store: redisStore(opened.client, { prefix }),
            maxPerSubject,
          })
          const login = async () => {
            const jar = new CookieJar()
            const carrier = fakeCarrier({ cookie: jar })
            const session = await sessions.open(carrier)
            await session.login('ada')
            await sessions.commit(session)
            jar.take(carrier.setCookies)
            return (await sessions.open(fakeCarrier({ cookie: jar }))).outcome
          }
          expect(await login()).toBe('resumed')
          await whileMoving(prefix, async () => {
            for (let n = 0; n < 10; n++) expect(await login()).toBe('resumed')
          })
        },
      )
    })
  }
})
