import { setTimeout as delay } from 'node:timers/promises'
import { audit } from '@sojourn/session-cli'
import type { SessionClock } from '@sojourn/session-core'
import { missing, Refusal } from './answer'
import { demoConsole } from './console/console'
import { EventHub } from './console/event-hub'
import { watched } from './console/watch'
import { type DemoServer, listen } from './demo-server'
import { expressDemo } from './express'
import { fastifyDemo } from './fastify'
import type { Framework } from './framework'
import { koaDemo } from './koa'
import { kongGateway } from './kong'
import { clocksFor, type Settings } from './settings'
import { type Common, isOpen, type OpenStorage, openStorages, type Storage } from './storages'
import { attempts } from './try/attempts'
import { kongPresets, kongTour } from './try/kong-tour'
import { tryBoth } from './try/try'

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
  /** Random bytes of all sessions, fit for keys. Default: the runtime's generator. */
  readonly random?: Common['random']
  /** Milliseconds to wait for the storages before serving: Redis may have to be fetched first. Default 5 000. */
  readonly startTimeout?: number
  /** The folder of the built page. Default: no page is served. */
  readonly page?: URL
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
export async function createDemo(options: DemoOptions): Promise<Demo> {
  const { settings, clock = Date.now, random, startTimeout = 5_000, page } = options
  const servers = await listenAll(settings.port)
  const endpoints = servers.map(({ port }, index) => ({ name: frameworks[index]![0], port }))
  const hub = new EventHub()
  const storages: Storage[] = []
  const inTurn = oneAtATime()
  let timeouts = settings.timeouts
  let state: 'starting' | 'serving' | 'closed' = 'starting'

  const pending = openStorages({
    settings,
    clock,
    random,
    onEvent: (storage, event) => hub.publish(storage, event),
    around: (storage, sessions) => watched(storage, sessions, hub, clock),
  })
  const { kongConf, kongOrigin } = settings
  const configured = kongConf === undefined ? [] : [{ conf: kongConf, path: '/auth', origin: kongOrigin }]
  const gateways = [...configured, ...kongPresets].map((login) => kongGateway(login, clock, pending.postgres!))

  const context = {
    page,
    hub,
    storages: () => storages,
    about: (framework: string) => ({ framework, frameworks: endpoints, ...describe(storages) }),
    async setClocks(idle: unknown) {
      if (typeof idle !== 'number' || !(idle >= 5 && idle <= 900)) {
        throw new Refusal(400, 'ERR_BAD_REQUEST', 'The idle clock takes 5 to 900 seconds.')
      }
      timeouts = clocksFor(idle)
      for (const [i, storage] of storages.entries()) {
        if (isOpen(storage)) storages[i] = storage.withTimeouts(timeouts)
      }
      await serve()
      hub.clocksSet(clock())
    },
    async attempt(name: string, framework: string, storageName: string) {
      const attempt = attempts.find((each) => each.name === name)
      if (!attempt) throw new Refusal(404, 'ERR_NOT_FOUND', 'There is no such attempt.')
      const storage = openNamed(storages, storageName)
      const [, its] = frameworks.find(([each]) => each === framework)!
      return inTurn(() => tryBoth(attempt, { framework: its, storage, clock }))
    },
    async kong(name: string) {
      const preset = kongPresets.find((each) => each.name === name)
      if (!preset) throw new Refusal(404, 'ERR_NOT_FOUND', 'There is no such configuration.')
      return kongTour(`http://127.0.0.1:${endpoints[0]!.port}`, preset)
    },
    audit: (storageName: string) => audit(openNamed(storages, storageName).sessions.describe()),
    check: (storageName: string) => openNamed(storages, storageName).sessions.check(),
    async explain(cookie: unknown, data: boolean) {
      if (typeof cookie !== 'string')
        throw new Refusal(400, 'ERR_BAD_REQUEST', 'The member cookie must be a Cookie header.')
      const [, named = 'memory'] = /sojourn-([a-z]+)/.exec(cookie) ?? []
      return openNamed(storages, named).sessions.explain(cookie, { data })
    },
  }

  /** A framework takes no further middleware once it serves, so it is built again for a new storage or new clocks. */
  async function serve(): Promise<void> {
    state = 'serving'
    for (const [index, [name, framework]] of frameworks.entries()) {
      const handlers = [demoConsole(context, name), ...gateways]
      const listener = await framework(storages)
      servers[index]!.serve((req, res) => {
        const first = handlers.map((handler) => handler(req)).find((found) => found !== undefined)
        return (first ?? listener)(req, res)
      })
    }
  }
  const additions = Object.entries(pending).map(async ([name, opening], index) => {
    storages[index] = { name, problem: 'it is still starting; the page has it as soon as it runs' }
    const storage = await opening
    storages[index] = isOpen(storage) ? storage.withTimeouts(timeouts) : storage
    if (state === 'closed' && isOpen(storage)) await storage.close()
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

/** The open storage of that name. @throws Refusal 404 if there is none, 503 if it is missing. */
function openNamed(storages: readonly Storage[], name: string): OpenStorage {
  const storage = storages.find((each) => each.name === name)
  if (!storage) throw new Refusal(404, 'ERR_NOT_FOUND', 'There is no such storage.')
  if (!isOpen(storage)) throw missing(storage)
  return storage
}

/** Runs jobs one after another: an attempt may stop the storage that another one needs. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve()
  return <Result>(job: () => Promise<Result>): Promise<Result> => {
    const result = last.then(job)
    last = result.catch(() => {})
    return result
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

/** What the page shows of the storages, the clocks, which are the same in all of them, and what there is to try. */
function describe(storages: readonly Storage[]) {
  return {
    timeouts: storages.find(isOpen)?.sessions.describe().timeouts,
    storages: storages.map((storage) =>
      isOpen(storage) ? { name: storage.name, note: storage.note } : { name: storage.name, problem: storage.problem },
    ),
    attempts: attempts.map(({ name, title, tries }) => ({ name, title, tries })),
    kong: kongPresets.map(({ name, title, conf }) => ({ name, title, conf })),
  }
}
