import { setTimeout as delay } from 'node:timers/promises'
import type { SessionClock } from '@sojourn/session-core'
import { type DemoServer, listen } from './demo-server'
import { expressDemo } from './express'
import { fastifyDemo } from './fastify'
import type { Framework } from './framework'
import { koaDemo } from './koa'
import { kongGateway } from './kong'
import type { Settings } from './settings'
import { isOpen, openStorages, type Storage } from './storages'

/** The frameworks, in the order of their ports. */
const frameworks: readonly [name: string, Framework][] = [
  ['Express', expressDemo],
  ['Koa', koaDemo],
  ['Fastify', fastifyDemo],
]

/** Options of {@link createDemo}. */
export interface DemoOptions {
  readonly settings: Settings
  /** The clock of all sessions, epoch ms. Default `Date.now`. */
  readonly clock?: SessionClock
  /** Milliseconds to wait for the storages before serving: Redis may have to be fetched first. Default 10 000. */
  readonly startTimeout?: number
}

/** A running demo. */
export interface Demo {
  readonly storages: readonly Storage[]
  /** Each framework and the port it listens on. */
  readonly endpoints: readonly { readonly name: string; readonly port: number }[]
  /** Resolves when every storage is open or known to be missing. */
  readonly storagesReady: Promise<unknown>
  /** Stops the demo and the servers that it started. */
  close(): Promise<void>
}

/**
 * Listens on loopback with all three frameworks and opens the storages. A storage that needs longer than `startTimeout` is
 * missing at first and is added later.
 * @throws SettingError if a port is not available.
 */
export async function createDemo({ settings, clock = Date.now, startTimeout = 10_000 }: DemoOptions): Promise<Demo> {
  const servers = await listenAll(settings.port)
  const endpoints = servers.map(({ port }, index) => ({ name: frameworks[index]![0], port }))
  const storages: Storage[] = []
  let state: 'starting' | 'serving' | 'closed' = 'starting'

  const serve = async () => {
    state = 'serving'
    for (const [index, [name, framework]] of frameworks.entries()) {
      const about = () => ({ framework: name, frameworks: endpoints, ...describe(storages) })
      const listener = await framework({ storages, about })
      servers[index]!.serve((req, res) => (gateway(req) ?? listener)(req, res))
    }
  }
  const pending = openStorages(settings, clock)
  const gateway = kongGateway(settings, clock, pending.postgres!)
  const additions = Object.entries(pending).map(async ([name, opening], index) => {
    storages[index] = { name, problem: 'it is still starting; try again in a moment' }
    const storage = await opening
    storages[index] = storage
    if (state === 'closed' && isOpen(storage)) await storage.close()
    // A framework takes no further middleware once it serves, so it is built again with the new storage.
    if (state === 'serving') await serve()
  })
  const storagesReady = Promise.all(additions)
  await Promise.race([storagesReady, delay(startTimeout, undefined, { ref: false })])
  await serve()

  return {
    storages,
    endpoints,
    storagesReady,
    async close() {
      state = 'closed'
      for (const server of servers) server.close()
      await Promise.all(storages.filter(isOpen).map((storage) => storage.close()))
    },
  }
}

async function listenAll(first: number): Promise<DemoServer[]> {
  const servers: DemoServer[] = []
  try {
    for (const [index, [name]] of frameworks.entries()) servers.push(await listen(first && first + index, name))
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
  return servers
}

/** What the page shows of the storages, and the clocks, which are the same in all of them. */
function describe(storages: readonly Storage[]) {
  return {
    timeouts: storages.find(isOpen)?.sessions.describe().timeouts,
    storages: storages.map((storage) =>
      isOpen(storage) ? { name: storage.name, note: storage.note } : { name: storage.name, problem: storage.problem },
    ),
  }
}
