import type { SessionManagerOptions } from '@sojourn/session-core'
import { fakeClock } from '@sojourn/session-testing'
import { findRedisServer, startRedis, withServer } from '@sojourn/session-testing/servers'
import { createClient } from 'redis'
import { afterAll, describe, expect, it } from 'vitest'
import type { Backend } from '../src/backend'
import { koaDemo } from '../src/koa'
import { openPostgres } from '../src/postgres'
import { openRedis } from '../src/redis'
import { attempts } from '../src/try/attempts'
import { storeDown } from '../src/try/attempts/store-down'
import { openOurSite } from '../src/try/our-site'
import { attemptAt, tryBoth } from '../src/try/try'

const program = await findRedisServer()
const noPostgres = { postgresUrl: undefined, pgliteDirectory: undefined }

const tried = ({ store, peer, power }: Backend, name: string) => ({ name, place: { store }, peer, power })

const storages: [name: string, peer: string, means: RegExp, open: () => Promise<Backend>][] = [
  ['postgres', 'connect-pg-simple', /^PGlite, .* was closed\./, () => openPostgres(noPostgres, fakeClock())],
]
if (program.available) {
  storages.push(['redis', 'connect-redis', /^The demo’s own Redis was shut down\./, () => openRedis(undefined)])
}

describe.each(storages)('attempts on %s', (name, peer, means, open) => {
  it(`all hold, also while it is really stopped, and compare with express-session on ${peer}`, async () => {
    const backend = await open()
    const storage = tried(backend, name)
    const theirs: Record<string, boolean> = {}
    for (const attempt of attempts) {
      const found = await tryBoth(attempt, { framework: koaDemo, storage, clock: Date.now })
      expect({ [attempt.name]: found.ours }).toMatchObject({ [attempt.name]: { held: true } })
      expect(found.theirs.library).toBe(`express-session, ${peer}`)
      theirs[attempt.name] = found.theirs.held
      if (attempt !== storeDown) continue
      for (const { sentence } of [found.ours, found.theirs]) {
        expect(sentence).toMatch(means)
        expect(sentence).toMatch(
          /answered with 50\d and writing with 50\d; .* When it ran again, you were let in as admin\.$/,
        )
      }
    }
    const site = await openOurSite({
      framework: koaDemo,
      storage,
      clock: Date.now,
      change: (usual) => ({ ...usual, onUnavailable: 'empty' }) as SessionManagerOptions,
    })
    const unprotected = await attemptAt(site, storeDown)
    expect(unprotected).toMatchObject({ held: false, sentence: expect.stringMatching(/which says “not logged in”/) })
    expect(theirs).toEqual({
      tamper: true,
      replay: true,
      copied: false,
      remember: false,
      writes: false,
      renewal: false,
      'slow-write': false,
      'store-down': true,
    })
    await backend.close()
  }, 90_000)
})

withServer({ describe, it, afterAll }, 'attempts on a Redis of others', await startRedis({ own: true }), (redis) => {
  it('leave nothing behind, and stop nothing but their own way to it', async () => {
    const backend = await openRedis(redis.url)
    const pid = redis.pid
    for (const attempt of attempts) {
      const { ours } = await tryBoth(attempt, {
        framework: koaDemo,
        storage: tried(backend, 'redis'),
        clock: Date.now,
      })
      if (attempt === storeDown) expect(ours.sentence).toMatch(/^A switch in front of the store made every call fail\./)
    }
    expect(redis.pid).toBe(pid)
    const client = await createClient({ url: redis.url }).connect()
    const kept = await client.keys('*')
    // A session that was ended leaves a mark, so that a write that arrives late does not bring it back.
    for (const key of kept) expect([key, await client.get(key)]).toEqual([key, ''])
    client.destroy()
    await backend.close()
  })
})
