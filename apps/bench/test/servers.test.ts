import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, describe, expect, it, vi } from 'vitest'

/** The clock of this process, which has to be replaced before a library keeps Date.now. */
const clock = vi.hoisted(() => {
  const { now } = Date
  const clock = { behind: 0 }
  Date.now = () => now() - clock.behind
  return clock
})

import { measureCell, type Plan } from '../src/http/measure-cell'
import type { StartServer } from '../src/http/server-process'
import { requestKinds } from '../src/http/visitor'
import { cells } from '../src/servers'
import { listenOnFastify } from '../src/servers/fastify'
import { bareRoutes, type Place, type Routes, type SessionServer, type Storage } from '../src/servers/server'

// Servers of their own, so that nothing has to be removed at the end.
const [redis, postgres] = await Promise.all([startRedis({ own: true }), startPostgres({ own: true })])

const plan: Plan = { requests: requestKinds, sessions: [16, 20], rounds: 1, warmUp: 0, seriesLength: 20 }

const startHere: StartServer = async (server, place, behind = 0) => {
  clock.behind = behind
  const { port, close } = await server.listen(place)
  return {
    port,
    cpu: async () => 0,
    async stop() {
      clock.behind = 0
      await close()
    },
  }
}

/** Runs every server of the storage once. A visitor throws if an answer is wrong. */
function itAnswersRightly(storage: Storage, at: Omit<Place, 'storage'>): void {
  it.each(cells().filter((cell) => cell.storage === storage))('every server on $framework', async (cell) => {
    const measured = await measureCell(cell, plan, { storage, ...at }, startHere)
    for (const { library, neverExpires } of cell.servers) {
      const own = measured.filter((one) => one.library === library)
      const kinds = ['login', 'read', 'change', 'read', 'change', 'anonymous', ...(neverExpires ? [] : ['expired'])]
      expect(own.map(({ request }) => request)).toEqual(kinds)
    }
  })
}

describe('the servers of the comparison give the right answers, with sessions in', () => {
  const runner = { describe, it, afterAll }
  describe('memory', () => itAnswersRightly('memory', { url: '', namespace: '' }))
  describe('cookies', () => itAnswersRightly('cookie', { url: '', namespace: '' }))
  withServer(runner, 'Redis', redis, (server) => itAnswersRightly('Redis', server))
  withServer(runner, 'Postgres', postgres, (server) => itAnswersRightly('Postgres', server))
})

describe('a comparison refuses a server', () => {
  const anonymous: Routes<unknown> = { ...bareRoutes, read: () => undefined }
  const refused = (routes: Partial<Routes<unknown>>, requests: Plan['requests']) => {
    const server: SessionServer = {
      framework: 'Fastify',
      library: 'wrong',
      storages: ['memory'],
      neverExpires: true,
      listen: () => listenOnFastify(() => {}, { ...anonymous, ...routes }),
    }
    const cell = { ...cells().find(({ framework }) => framework === 'Fastify')!, servers: [server] }
    return measureCell(cell, { ...plan, requests }, { storage: 'memory', url: '', namespace: '' }, startHere)
  }

  it('that sets no cookie at a login', async () => {
    await expect(refused({}, ['login'])).rejects.toThrow('login: received no cookie')
  })

  it('that finds a session where there is none', async () => {
    await expect(refused({ read: () => 'ada' }, ['anonymous'])).rejects.toThrow(
      'anonymous: expected 200 {"name":null}, received 200 {"name":"ada"}',
    )
  })

  it('that fails', async () => {
    const read = () => {
      throw new Error('down')
    }
    await expect(refused({ read }, ['anonymous'])).rejects.toThrow('received 500')
  })
})
