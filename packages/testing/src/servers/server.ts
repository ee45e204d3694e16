/** A server that tests may use, reachable over TCP. */
export interface Server {
  readonly available: true
  /** Where it is, for a driver: `redis://…` or `postgres://…`, with credentials where it needs any. */
  readonly url: string
  readonly host: string
  readonly port: number
  /**
   * A name nobody else has, fresh for every start: lower-case letters, digits and underscores, so that it can be a
   * Redis key prefix and a Postgres schema alike. On a server that others share, keep to it, and remove what you made.
   */
  readonly namespace: string
  /** Ends an own server and removes its directory; leaves a lent one alone. May be called twice. */
  close(): Promise<void>
}

/**
 * A server started for these tests alone, on a free loopback port and in a throw-away directory. It ends with the
 * process that started it, however that process ends. Every verb resolves once its effect is there.
 */
export interface OwnServer extends Server {
  /** The id of the server's process while it runs. */
  readonly pid: number | undefined
  /** Ends the server in good order: it lets clients that are leaving leave, and disconnects the others. Its data stay for `restart()`. */
  stop(): Promise<void>
  /** Ends the server and every process of its at once with SIGKILL, as a crash would; its data stay for `restart()`. */
  kill(): Promise<void>
  /** Starts the server again, stopping it first where it runs, on the same port and with the same data. Rejects where it does not come up. */
  restart(): Promise<void>
  /** Freezes the server with SIGSTOP: connections are still accepted by the kernel, nothing answers. */
  pause(): Promise<void>
  /** Lets a paused server go on, with everything that was sent to it meanwhile. */
  resume(): Promise<void>
}

/** Why there is no server, and what to do to get one. Tests that need it are skipped under that reason. */
export interface Unavailable {
  readonly available: false
  readonly reason: string
}

/** Options of a server that may be a lent one. */
export interface AnyServerOptions {
  /** False, the default: a server named by an environment variable is taken, where there is one. */
  own?: false
}

/** How a server is started. */
export interface LaunchOptions {
  /**
   * Whether every acknowledged write is on the disk. Default false. A Postgres keeps its data through `kill()` either
   * way (only a crash of the machine could take them); a Redis keeps them through `stop()` and `kill()` only if true.
   */
  durable?: boolean
  /** Further settings by the server's own names, `{ maxmemory: '10mb' }`. Default: none. They win over ours. */
  settings?: Record<string, string>
}

/** Options of a server that is started in any case. */
export interface OwnServerOptions extends LaunchOptions {
  /** True: what the environment variables name is passed over, so that the verbs of {@link OwnServer} are there. */
  own: true
}

export const unavailable = (reason: string): Unavailable => ({ available: false, reason })
