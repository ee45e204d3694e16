import { Agent } from 'node:http'
import {
  createSessionManager,
  type SessionManager,
  type SessionManagerOptions,
  type SessionOptions,
} from '@sojourn/session-core'
import { type FakeClock, fakeClock } from '../fakes/clock'
import type { CookieJar } from '../fakes/cookie-jar'
import { type CallCounts, countingStore } from '../fakes/counting-store'
import { type Faults, flakyStore } from '../fakes/flaky-store'
import { type Parking, parkedStore } from '../fakes/parked-store'
import type { CarrierHandler, CarrierRoute, CarrierStorage, CarrierSuiteOptions, ServedApp } from './carrier-app'
import { RawConnection } from './raw-connection'
import { Recorder } from './recorder'
import { Visitor } from './visitor'

/** Handlers by `GET /path` and `POST /path`, some with guards before them. */
export type Routes = Record<string, CarrierHandler | Pick<CarrierRoute, 'handler' | 'guards'>>

type Opened = Awaited<ReturnType<NonNullable<CarrierStorage['open']>>>
/** A store whose calls a test can park, fail and count. */
export type SteeredStore = Opened['store'] & Parking & Faults & CallCounts

/** The fixture of one test: a running application with its store and clock, and clients for it. */
export class TestServer {
  readonly clock: FakeClock
  readonly recorder = new Recorder()
  /** Errors that have reached the framework's error path. */
  readonly errors: unknown[] = []
  readonly #agent = new Agent({ keepAlive: true })
  readonly #managers: SessionManager[] = []
  readonly #connections: RawConnection[] = []
  readonly #store: SteeredStore | undefined
  readonly #served: ServedApp[] = []

  constructor(
    private readonly serveApp: CarrierSuiteOptions['serve'],
    private readonly opened: Opened | undefined,
    start?: number,
  ) {
    this.clock = fakeClock(start)
    this.#store = opened && countingStore(flakyStore(parkedStore(opened.store)))
  }

  /** The store of the sessions. Throws in cookie mode. */
  get store(): SteeredStore {
    if (!this.#store) throw new Error('this test needs a store')
    return this.#store
  }

  get hasStore(): boolean {
    return this.#store !== undefined
  }

  /** The codes of {@link errors}. */
  get errorCodes(): unknown[] {
    return this.errors.map((error) => (error as { code?: unknown }).code)
  }

  /** Makes a manager over this test's store and clock. */
  manager(options: Partial<SessionOptions> = {}): SessionManager {
    const manager = createSessionManager({
      secret: 'the secret of the carrier suite, which is no secret',
      store: this.#store,
      clock: this.clock,
      ...options,
      // Most tests are about the session cookie alone.
      cookie: { marker: false, ...options.cookie },
    } as SessionManagerOptions)
    this.#managers.push(manager)
    return manager
  }

  /**
   * Serves the common routes and `routes`, by default with one manager of default options. Returns a first visitor. May
   * be called again for another application over the same store: later visitors and connections go to that one.
   */
  async serve(routes: Routes = {}, first = this.manager(), ...others: SessionManager[]): Promise<Visitor> {
    const served = await this.serveApp({
      sessions: [first, ...others],
      routes: Object.entries({ ...usualRoutes, ...routes }).map(([place, handler]) => routeAt(place, handler)),
      onError: (error) => this.errors.push(error),
    })
    this.#served.unshift(served)
    return this.visitor()
  }

  /** A visitor whose responses are recorded in the transcript. */
  visitor(jar?: CookieJar): Visitor {
    return new Visitor(this.#url, this.#agent, jar, this.recorder)
  }

  /** A visitor whose responses are not recorded, because their order varies. Starts with a copy of the cookies of `like`. */
  another(like?: Visitor): Visitor {
    return new Visitor(this.#url, this.#agent, like?.jar.copy())
  }

  /** A TCP connection to the application. */
  async connect(): Promise<RawConnection> {
    const connection = await RawConnection.to(this.#url)
    this.#connections.push(connection)
    return connection
  }

  async close(): Promise<void> {
    await this.#store?.releaseAll()
    for (const connection of this.#connections) connection.cut()
    this.#agent.destroy()
    for (const served of this.#served) await served.close()
    for (const manager of this.#managers) await manager.close()
    await this.opened?.close()
  }

  get #url(): string {
    const [latest] = this.#served
    if (!latest) throw new Error('call serve() first')
    return latest.url
  }
}

function routeAt(place: string, route: Routes[string]): CarrierRoute {
  const [method, path] = place.split(' ') as [CarrierRoute['method'], string]
  return { method, path, ...(typeof route === 'function' ? { handler: route } : route) }
}

/** Routes that many tests need. */
const usualRoutes: Routes = {
  'GET /plain': async (c) => c.send(200, 'plain'),
  'GET /show': async (c) => {
    const { outcome, subject = null, data } = c.session
    return c.json({ outcome, subject, data })
  },
  /** Puts the query's parameters into the session. */
  'POST /put': async (c) => {
    const { searchParams } = new URL(c.url, 'http://localhost')
    for (const [key, value] of searchParams) c.session.data[key] = value
    return c.json({})
  },
  'POST /login': async (c) => {
    await c.session.login('ann')
    return c.json({})
  },
  'POST /logout': async (c) => {
    await c.session.logout()
    return c.json({})
  },
  'POST /destroy': async (c) => {
    await c.session.destroy()
    return c.json({})
  },
}
