export type Framework = 'Express' | 'Koa' | 'Fastify'
export type Storage = 'memory' | 'cookie' | 'Redis' | 'Postgres'

/** Where a server keeps its sessions. */
export interface Place {
  storage: Storage
  /** Of the database. Empty for `memory` and `cookie`. */
  url: string
  /** The prefix of its keys in Redis, or its schema in Postgres. */
  namespace: string
}

/** One server of the comparison: a framework with a session library, which it uses as the library's README shows. */
export interface SessionServer {
  framework: Framework
  /** The library and its store, as the report names them. `Sojourn` is ours. */
  library: string
  /** The storages in which it is compared. Empty: a server without sessions, to which the others are compared. */
  storages: readonly Storage[]
  /** True: the server accepts a cookie for ever, so there is no expired session to measure. */
  neverExpires?: boolean
  listen(place: Place): Promise<Listening>
}

/** A server that answers on a port of 127.0.0.1. */
export interface Listening {
  port: number
  /** Closes the server and the clients of its store. */
  close(): Promise<void>
}

/** The data of every session. */
export interface Visit {
  name: string
  cart: string[]
  visits?: number
}

/** What a visitor's session contains after a login. */
export const newVisit = (): Visit => ({ name: 'ada', cart: ['tea', 'milk'] })

/** Counts a visit in a session's data. */
export function countVisit(data: Partial<Visit>): number {
  data.visits = (data.visits ?? 0) + 1
  return data.visits
}

/** The four things that a request asks of a session library. `Request` is what the framework gives to a handler. */
export interface Routes<Request> {
  /** GET: the name in the session; undefined if there is no session. */
  read(request: Request): string | undefined | Promise<string | undefined>
  /** PUT: counts a visit in the session. */
  change(request: Request): number | Promise<number>
  /** POST: begins a session with {@link newVisit}, under a new id where the library has ids. */
  login(request: Request): unknown
  /** DELETE: ends the session. */
  logout(request: Request): unknown
}

/** The routes of a server without sessions: the same answers, and nothing to remember. */
export const bareRoutes: Routes<unknown> = {
  read: () => 'ada',
  change: () => 1,
  login() {},
  logout() {},
}

export const secret = 'a secret for benchmarks, at least 32 bytes'
