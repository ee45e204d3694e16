import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Session, SessionManager, SessionStore } from '@sojourn/session-core'

/**
 * One request and its response, as a handler of the suite sees them. The tester implements it on top of the framework,
 * each verb in the framework's own idiom (`res.json()`, `ctx.body = …`, `return reply.send()`), so that the suite walks
 * the paths that applications walk. A handler calls at most one of the verbs that answer (`send`, `json`, `redirect`,
 * `stream`, `raw`), calls it last unless it is `raw`, and returns what it returned.
 */
export interface Exchange {
  /** The first manager's handle, from where the framework shows it: `req.session`, `ctx.session`, `request.session`. */
  readonly session: Session
  /** The handle of a manager: `sessions.of(request)`. */
  of(sessions: SessionManager): Session
  /** The request's method, in capitals. */
  readonly method: string
  /** The request's target: path and query. */
  readonly url: string
  /** A request header by lower-case name. */
  header(name: string): string | undefined
  /** The request's body as text. Called at most once. */
  body(): Promise<string>
  /** Resolves when the server has noticed that the client went away before it had the response. Called before it does. */
  gone(): Promise<void>

  /** Sets a response header. A name is set at most once; `Set-Cookie` may have several values. */
  setHeader(name: string, value: string | string[]): void
  /** Answers with a status and a text; without a text, with no body. */
  send(status: number, text?: string): unknown
  /** Answers 200 with a value as JSON. */
  json(value: unknown): unknown
  /** Answers 302; without a text, as the framework's own redirect does. */
  redirect(url: string, text?: string): unknown
  /** Answers 200 with chunks as they come: a Readable that is piped or handed over, a ReadableStream. */
  stream(chunks: AsyncIterable<Uint8Array>): unknown
  /**
   * Takes the response out of the framework's hands (`reply.hijack()`, `ctx.respond = false`) and gives Node's own. The
   * handler ends it before it resolves. Where there is none, name the reason in `lacks.raw`.
   */
  raw(): ServerResponse
}

/** A handler of the suite. What it throws, and rejects with, is the framework's to answer, by the error's status. */
export type CarrierHandler = (exchange: Exchange) => Promise<unknown>

/** Where a handler is mounted. A path is literal, without parameters; a route for GET answers HEAD as well. */
export interface CarrierRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly handler: CarrierHandler
}

/** What the tester is to serve for one test. */
export interface CarrierApp {
  /**
   * The managers, usually one. The adapter is mounted for each of them, in this order, before all routes; the second one,
   * which may be the first one again, under another name than `session` where the framework needs one.
   */
  readonly sessions: readonly [SessionManager, ...SessionManager[]]
  readonly routes: readonly CarrierRoute[]
  /**
   * Called with every error that reaches the framework's error path, which then answers as it does by default: with the
   * error's `status` (`statusCode`), or 500. An error-handling middleware, `app.on('error')`, a hook `onError`.
   */
  onError(error: unknown): void
}

/** An application that is being served. */
export interface ServedApp {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  /** Ends the server and its connections. Called once, after the test. */
  close(): Promise<void>
}

/** What a framework may make impossible, and the tests that go with it. */
export type CarrierFeature = 'raw' | 'gone'

/** Where sessions live while the tests run. */
export interface CarrierStorage {
  /** Heads the group of tests. */
  name: string
  /** When each test begins, epoch ms: the present, for a store that forgets by a clock of its own. Default as `fakeClock`. */
  start?: number
  /** Opens a store for one test: empty, and nothing else writes to it. Left out, the sealed cookie is the store. */
  open?(): Promise<{
    store: SessionStore
    /** Called once after the test, whether it passed or not. */
    close(): Promise<void>
  }>
}

/** What {@link carrierSuite} is told about the adapter it tests. */
export interface CarrierSuiteOptions {
  /** Heads the group of tests. */
  name: string
  /** Serves an application over a real socket on 127.0.0.1, on a port the system chooses. Called once for each test. */
  serve(app: CarrierApp): Promise<ServedApp>
  /**
   * What the framework makes impossible, and why: `{ raw: 'a Response has no Node response behind it' }`. The reason is
   * shown in the names of the skipped tests. Default: nothing.
   */
  lacks?: Partial<Record<CarrierFeature, string>>
  /** Where sessions live; the tests run once over each. Default a memory store, and the sealed cookie. */
  storages?: readonly CarrierStorage[]
}

/** Listens on a free port of 127.0.0.1: the end of every `serve` that has a Node server. */
export async function serveOnLoopback(server: Server): Promise<ServedApp> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}
