import type { Program } from './program'
import type { Unavailable } from './unavailable'

/** A server for tests, reachable over TCP. */
export interface Server {
  /** True: there is one. */
  readonly available: true
  /** URL for a driver: `redis://…` or `postgres://…`, with credentials if needed. */
  readonly url: string
  /** The address of the server. */
  readonly host: string
  /** Its port. */
  readonly port: number
  /**
   * A unique name, new for every start: lower-case letters, digits and underscores, so that it can be a
   * Redis key prefix and a Postgres schema. On a shared server, write only under this name, and remove it at the end.
   */
  readonly namespace: string
  /** Stops an own server and removes its directory; does nothing to an existing one. May be called twice. */
  close(): Promise<void>
}

/**
 * A server started for these tests only, on a free loopback port and in a temporary directory. It ends with the
 * process that started it, even after SIGKILL. Every method resolves once it has taken effect.
 */
export interface OwnServer extends Server {
  /** The id of the server's process while it runs. */
  readonly pid: number | undefined
  /** Shuts the server down in order and disconnects its clients. The data are kept for `restart()`. */
  stop(): Promise<void>
  /** Kills the server and all its processes with SIGKILL, like a crash. The data are kept for `restart()`. */
  kill(): Promise<void>
  /** Starts the server again on the same port with the same data, and stops it first if it runs. Rejects if it does not start. */
  restart(): Promise<void>
  /** Freezes the server with SIGSTOP: the kernel still accepts connections, but the server does not respond. */
  pause(): Promise<void>
  /** Continues a paused server, which then handles everything sent to it during the pause. */
  resume(): Promise<void>
}

/** Options of a server that may be an existing one. */
export interface AnyServerOptions {
  /**
   * False: use the server named by the environment variable, if set.
   * @default false
   */
  own?: false
}

/** How a server is started. */
export interface LaunchOptions {
  /**
   * Whether every acknowledged write is flushed to disk. Postgres keeps its data through `kill()` either
   * way (only a crash of the machine could lose them); Redis keeps them through `stop()` and `kill()` only if true.
   * @default false
   */
  durable?: boolean
  /**
   * Further settings by the server's own names: `{ maxmemory: '10mb' }`. They override the defaults.
   * @default none
   */
  settings?: Record<string, string>
}

/** Options of a server that is always started by the test. */
export interface OwnServerOptions extends LaunchOptions {
  /** True: ignore the environment variables and start a server, so that the methods of {@link OwnServer} exist. */
  own: true
}

/** Options of a Redis that is always started by the test. */
export interface OwnRedisOptions extends OwnServerOptions {
  /**
   * The program to start, such as that of `findValkey()`.
   * @default the one of `findRedisServer()`
   */
  program?: Program | Unavailable
}

/** Options of a Redis Cluster that is always started by the test. */
export interface OwnClusterOptions extends OwnServerOptions {
  /**
   * The programs of the three nodes, in the order of the slots: a Cluster may be of several versions.
   * @default the one of `findRedisServer()`
   */
  programs?: [Program | Unavailable, Program | Unavailable, Program | Unavailable]
}
