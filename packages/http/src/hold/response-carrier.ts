import type { ServerResponse } from 'node:http'
import type { HttpCarrier } from '@sojourn/session-core'
import { isGone } from './response-head'

/** The response's half of an `HttpCarrier`. */
export type ResponseCarrier = Pick<
  HttpCarrier,
  'responseHeader' | 'setResponseHeader' | 'statusCode' | 'headersSent' | 'aborted'
>

/** The part of a held response that its carrier needs. */
interface Held {
  readonly isWaiting: boolean
  bypass(work: () => void): void
}

/** Reads and sets a response's headers, also while it waits and looks sent to everyone else. */
export class NodeResponse implements ResponseCarrier {
  private readonly setHeader: ServerResponse['setHeader']

  constructor(
    private readonly res: ServerResponse,
    private readonly held: Held,
  ) {
    this.setHeader = res.setHeader.bind(res)
  }

  get statusCode(): number {
    return this.res.statusCode
  }

  get headersSent(): boolean {
    return isForUpgrade(this.res) || (!this.held.isWaiting && this.res.headersSent)
  }

  get aborted(): boolean {
    return isGone(this.res) && (this.held.isWaiting || !this.res.writableEnded)
  }

  responseHeader(name: string): string[] {
    const value = this.res.getHeader(name)
    if (value === undefined) return []
    return Array.isArray(value) ? value : [String(value)]
  }

  setResponseHeader(name: string, values: string[]): void {
    this.held.bypass(() => this.setHeader(name, values.length === 1 ? values[0]! : values))
  }
}

/**
 * Frameworks that route an upgrade create a response for it whose head is never sent: the WebSocket library writes its own.
 * Node sets `upgrade` on the requests that it emits as upgrades.
 */
const isForUpgrade = ({ req }: { req: object }) => (req as { upgrade?: boolean | null }).upgrade === true

/** Whether this is a response that can be sent, of Node or made like one. WebSocket recipes pass `{}`. */
export const isResponse = (res: Partial<ServerResponse>): boolean =>
  typeof res.writeHead === 'function' && typeof res.on === 'function'

/** Stands for the response if there is none, as for an upgrade: nothing can be sent, so no cookie can. */
export const NO_RESPONSE: ResponseCarrier = {
  statusCode: 101,
  headersSent: true,
  aborted: false,
  responseHeader: () => [],
  setResponseHeader: () => {},
}
