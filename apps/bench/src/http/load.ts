import { Client } from 'undici'
import type { RequestKind, Visitor } from './visitor'

/** The connections of a server, each of which sends one request at a time. */
export const CONNECTIONS = 16

/** Sends requests to a server over kept connections. */
export class Load {
  readonly #clients: Client[]
  /** Where the next series begins among the visitors, so that it meets those whose last request is longest ago. */
  #position = 0

  constructor(port: number) {
    this.#clients = Array.from({ length: CONNECTIONS }, () => new Client(`http://127.0.0.1:${port}`))
  }

  /**
   * Sends `count` requests, from each visitor in turn. A visitor keeps to one connection, so that no session is used
   * twice at a time.
   */
  async send(kind: RequestKind | 'logout', visitors: readonly Visitor[], count: number): Promise<void> {
    const from = this.#position
    this.#position = from + count
    await Promise.all(
      this.#clients.map(async (client, connection) => {
        for (let n = 0; n < count; n++) {
          const visitor = (from + n) % visitors.length
          if (visitor % CONNECTIONS === connection) await visitors[visitor]!.send(client, kind)
        }
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.destroy()))
  }
}
