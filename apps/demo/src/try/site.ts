import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Power } from '../power'
import type { Openings } from './openings'

/** A server that an attempt is made against: ours, or one with express-session. They answer the same requests. */
export interface Site {
  /** Where its routes begin. */
  readonly url: string
  /** The library behind it, for the page. */
  readonly library: string
  /** The names of its cookies. */
  readonly cookie: string
  readonly rememberCookie: string
  /** Moves its clock ahead, instead of waiting. */
  ahead(seconds: number): void
  /** How its store is stopped and started again. */
  readonly power: Power
  /** Reports each request whose session is open. */
  readonly openings: Openings
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
