import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FreshnessOptions, SameOriginOptions, Session, SessionManager, SessionStore } from '@sojourn/session-core'

/**
 * One request and its response, as a handler of the suite sees them. The adapter's test implements it with the framework,
 * each method in the framework's own style (`res.json()`, `ctx.body = …`, `return reply.send()`), so that the suite takes
 * the same code paths as applications. A handler calls at most one of the methods that respond (`send`, `json`, `redirect`,
 * `stream`, `raw`), calls it last unless it is `raw`, and returns its result.
 */
export interface Exchange {
  /** The first manager's handle, read from the framework's property: `req.session`, `ctx.session`, `request.session`. */
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
  /** Resolves when the server has noticed that the client disconnected before the response. Called before the client disconnects. */
  gone(): Promise<void>

  /** Sets a response header. The suite sets each name at most once; `Set-Cookie` may have several values. */
  setHeader(name: string, value: string | string[]): void
  /** Responds with a status and a text; without a text, there is no body. */
  send(status: number, text?: string): unknown
  /** Responds with status 200 and a value as JSON. */
  json(value: unknown): unknown
  /** Responds with status 302; without a text, with the body of the framework's own redirect. */
  redirect(url: string, text?: string): unknown
  /** Responds with status 200 and sends each chunk as it arrives: a Readable that is piped or passed on, or a ReadableStream. */
  stream(chunks: AsyncIterable<Uint8Array>): unknown
  /**
   * Takes over the response from the framework (`reply.hijack()`, `ctx.respond = false`) and returns Node's response. The
   * handler ends it before it resolves. If there is no Node response, name the reason in `lacks.raw`.
   */
  raw(): ServerResponse
}

/** A handler of the suite. If it throws or rejects, the framework responds with the error's status. */
export type CarrierHandler = (exchange: Exchange) => Promise<unknown>

/** Where a handler is mounted. A path is literal, without parameters; a GET route handles HEAD as well. */
export interface CarrierRoute {
  /** The method of its requests. */
  readonly method: 'GET' | 'POST'
  /** The path of its requests, literally. */
  readonly path: string
  /** Answers them. */
  readonly handler: CarrierHandler
  /** The adapter's guards before the handler, after the session is opened. Default: none. */
  readonly guards?: {
    /** `requireFresh` with the first manager and these options. */
    readonly fresh?: FreshnessOptions
    /** `sameOriginOnly` with these options. */
    readonly sameOrigin?: SameOriginOptions
  }
}

/** The application to serve for one test. */
export interface CarrierApp {
  /**
   * The managers, usually one. The adapter is mounted for each of them, in this order, before all routes. The second one,
   * which may be the same manager again, is mounted under another name than `session` if the framework needs a name.
   */
  readonly sessions: readonly [SessionManager, ...SessionManager[]]
  /** The routes to mount, in this order. */
  readonly routes: readonly CarrierRoute[]
  /**
   * Called with every error that reaches the framework's error path, which then responds as it does by default: with the
   * error's `status` (`statusCode`), or 500. Use an error-handling middleware, `app.on('error')`, or an `onError` hook.
   */
  onError(error: unknown): void
}

/** A running application. */
export interface ServedApp {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  /** Closes the server and its connections. Called once, after the test. */
  close(): Promise<void>
}

/** A feature that a framework may lack; its tests are then skipped. */
export type CarrierFeature = 'raw' | 'gone' | 'guards' | 'close'

/** Where the sessions of one run are kept: a store, or the sealed cookie. */
export interface CarrierStorage {
  /** Title of the group of tests. */
  name: string
  /** Start time of each test's clock, epoch ms. Pass the present for a store that expires rows by its own clock. Default: that of `fakeClock`. */
  start?: number
  /** Opens an empty store for one test; nothing else may write to it. If omitted, sessions are kept in the sealed cookie. */
  open?(): Promise<{
    store: SessionStore
    /** Called once after the test, passed or failed. */
    close(): Promise<void>
  }>
}

/** Options of {@link carrierSuite}: the adapter to test. */
export interface CarrierSuiteOptions {
  /** Title of the group of tests. */
  name: string
  /** Serves an application over a real socket on 127.0.0.1, on a port chosen by the system. Called once for each test. */
  serve(app: CarrierApp): Promise<ServedApp>
  /**
   * Features that the framework lacks, each with the reason: `{ raw: 'a Response has no Node response behind it' }`. `close`: the
   * adapter cannot learn when a response is over. The reason is
   * shown in the names of the skipped tests.
   * @default none
   */
  lacks?: Partial<Record<CarrierFeature, string>>
  /**
   * Where sessions are kept; all tests run once over each.
   * @default a memory store, and the sealed cookie
   */
  storages?: readonly CarrierStorage[]
}

/**
 * Listens on a free port of 127.0.0.1. Any `serve` with a Node server can end with this call. Rejects if the server cannot listen.
 * @example
 * const { url, close } = await serveOnLoopback(createServer(listener))
 */
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
