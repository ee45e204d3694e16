import { setTimeout as delay } from 'node:timers/promises'
import type { SessionClock } from '@sojourn/session-core'
import { type Door, listen } from './door'
import { expressDemo } from './express'
import { fastifyDemo } from './fastify'
import type { Framework } from './framework'
import { koaDemo } from './koa'
import { kongGateway } from './kong'
import type { Settings } from './settings'
import { isOpen, openStorages, type Storage } from './storages'

/** The same demo in every framework, on ports that follow one another. */
const frameworks: readonly [name: string, Framework][] = [
  ['Express', expressDemo],
  ['Koa', koaDemo],
  ['Fastify', fastifyDemo],
]

/** What {@link createDemo} can be told. */
export interface DemoOptions {
  readonly settings: Settings
  /** The clock of all sessions, epoch ms. Default `Date.now`. */
  readonly clock?: SessionClock
  /** Milliseconds that storages are waited for: Redis may have to be fetched first. Default 10 000. */
  readonly patience?: number
}

/** A demo that runs. */
export interface Demo {
  readonly storages: readonly Storage[]
  /** Which framework listens where. */
  readonly places: readonly { readonly name: string; readonly port: number }[]
  /** Resolves once every storage is there, or known to be missing. */
  readonly settled: Promise<unknown>
  /** Ends it, with the servers that it started. */
  close(): Promise<void>
}

/**
 * Listens on loopback and opens the storages, for all three frameworks. A storage that takes long is missing at first.
 * @throws SettingError where a port cannot be had.
 */
export async function createDemo({ settings, clock = Date.now, patience = 10_000 }: DemoOptions): Promise<Demo> {
  const doors = await listenAll(settings.port)
  const places = doors.map(({ port }, index) => ({ name: frameworks[index]![0], port }))
  const storages: Storage[] = []
  let state: 'starting' | 'serving' | 'closed' = 'starting'

  const serve = async () => {
    state = 'serving'
    for (const [index, [name, framework]] of frameworks.entries()) {
      const about = () => ({ framework: name, frameworks: places, ...describe(storages) })
      const listener = await framework({ storages, about })
      doors[index]!.open((req, res) => (gateway?.(req) ?? listener)(req, res))
    }
  }
  const openings = openStorages(settings, clock)
  const gateway =
    settings.kongConf === undefined ? undefined : kongGateway(settings.kongConf, clock, openings.postgres!)
  const arrivals = Object.entries(openings).map(async ([name, opening], index) => {
    storages[index] = { name, problem: 'it is still being started; try again in a moment' }
    const storage = await opening
    storages[index] = storage
    if (state === 'closed' && isOpen(storage)) await storage.close()
    // Frameworks take no further middleware once they serve: they begin anew, with one storage more.
    if (state === 'serving') await serve()
  })
  const settled = Promise.all(arrivals)
  await Promise.race([settled, delay(patience, undefined, { ref: false })])
  await serve()

  return {
    storages,
    places,
    settled,
    async close() {
      state = 'closed'
      for (const door of doors) door.close()
      await Promise.all(storages.filter(isOpen).map((storage) => storage.close()))
    },
  }
}

async function listenAll(first: number): Promise<Door[]> {
  const doors: Door[] = []
  try {
    for (const [index, [name]] of frameworks.entries()) doors.push(await listen(first && first + index, name))
  } catch (error) {
    for (const door of doors) door.close()
    throw error
  }
  return doors
}

/** What the page wants to know of the storages, and of the clocks, which are the same in all of them. */
function describe(storages: readonly Storage[]) {
  return {
    timeouts: storages.find(isOpen)?.sessions.describe().timeouts,
    storages: storages.map((storage) =>
      isOpen(storage) ? { name: storage.name, note: storage.note } : { name: storage.name, problem: storage.problem },
    ),
  }
}
