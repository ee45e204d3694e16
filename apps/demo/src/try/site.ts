import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Switch } from './switchable'

/** A server that an attempt is made against: ours, or one with express-session. They answer the same requests. */
export interface Site {
  /** Where its routes begin. */
  readonly url: string
  /** The names of its cookies. */
  readonly cookie: string
  readonly rememberCookie: string
  /** Moves its clock ahead, instead of waiting. */
  ahead(seconds: number): void
  /** Whether its store is stopped. */
  readonly power: Switch
  /** The types of the events it has raised so far; empty for a library without events. */
  events(): readonly string[]
  close(): Promise<unknown>
}

/** Listens on a free port of loopback. */
export async function listenOnLoopback(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close().closeAllConnections(),
  }
}
