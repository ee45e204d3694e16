import type { Place, SessionServer } from '../servers/server'
import { CONNECTIONS, Load } from './load'
import type { RunningServer, StartServer } from './server-process'
import { newVisitors, type RequestKind, type Visitor } from './visitor'

/** One kind of request, sent to every server of a cell in turn. */
export interface Series {
  request: RequestKind
  /** The number of sessions over which it is spread. Undefined: all, or none for a request without a session. */
  sessions?: number
}

/** A month: longer than any session of the compared libraries lasts without use. */
const MONTH = 30 * 24 * 3600 * 1000

/** A running server with its visitors. */
export class Contestant {
  #visitors: Visitor[] = []

  private constructor(
    readonly server: SessionServer,
    private readonly running: RunningServer,
    private readonly load: Load,
    /** Visitors whose sessions ended a month ago. Empty for a server whose sessions never end. */
    private readonly expired: Visitor[],
  ) {}

  static async start(server: SessionServer, place: Place, startServer: StartServer): Promise<Contestant> {
    const expired = server.neverExpires ? [] : newVisitors(CONNECTIONS, hasSessions(server))
    await logInAMonthAgo(server, place, startServer, expired)
    const running = await startServer(server, place)
    return new Contestant(server, running, new Load(running.port), expired)
  }

  /** Replaces the visitors by as many new ones, who have to log in. */
  meet(count: number): void {
    this.#visitors = newVisitors(count, hasSessions(this.server))
  }

  /**
   * Sends one series; a login comes from each visitor, and other requests come `length` times. Returns the processor
   * time that the server used for a request, in µs; undefined if there are no such sessions.
   */
  async run({ request, sessions }: Series, length: number): Promise<number | undefined> {
    const visitors = this.#visitorsOf(request).slice(0, sessions)
    if (visitors.length === 0) return undefined
    const count = request === 'login' ? visitors.length : length
    const before = await this.running.cpu()
    await this.load.send(request, visitors, count)
    return ((await this.running.cpu()) - before) / count
  }

  /** Ends all sessions, so that the store does not grow from round to round. */
  async logOut(): Promise<void> {
    await this.load.send('logout', this.#visitors, this.#visitors.length)
  }

  async stop(): Promise<void> {
    await this.load.close()
    await this.running.stop()
  }

  #visitorsOf(request: RequestKind): Visitor[] {
    if (request === 'expired') return this.expired
    return request === 'anonymous' ? newVisitors(CONNECTIONS, hasSessions(this.server)) : this.#visitors
  }
}

const hasSessions = ({ storages }: SessionServer) => storages.length > 0

/**
 * Gives the visitors their cookies by another server of the same kind, whose clock is a month behind. It has a store
 * of its own: the store of the measured server has removed the sessions already.
 */
async function logInAMonthAgo(server: SessionServer, place: Place, start: StartServer, visitors: Visitor[]) {
  if (visitors.length === 0) return
  const running = await start(server, { ...place, namespace: `${place.namespace}_expired` }, MONTH)
  const load = new Load(running.port)
  try {
    await load.send('login', visitors, visitors.length)
  } finally {
    await load.close()
    await running.stop()
  }
}
