import type { ServerResponse } from 'node:http'
import type { HttpCarrier } from '@sojourn/session-core'
import { isGone } from './response-head'

/** The response's half of a carrier. */
export type ResponseCarrier = Pick<
  HttpCarrier,
  'responseHeader' | 'setResponseHeader' | 'statusCode' | 'headersSent' | 'aborted'
>

/** A response's headers as they are, also while it is held and looks sent to everyone else. */
export class NodeResponse implements ResponseCarrier {
  private readonly setHeader: ServerResponse['setHeader']

  constructor(
    private readonly res: ServerResponse,
    private readonly hold: { readonly isHeld: boolean; openly(work: () => void): void },
  ) {
    this.setHeader = res.setHeader.bind(res)
  }

  get statusCode(): number {
    return this.res.statusCode
  }

  get headersSent(): boolean {
    return isForUpgrade(this.res) || (!this.hold.isHeld && this.res.headersSent)
  }

  get aborted(): boolean {
    return isGone(this.res) && (this.hold.isHeld || !this.res.writableEnded)
  }

  responseHeader(name: string): string[] {
    const value = this.res.getHeader(name)
    if (value === undefined) return []
    return Array.isArray(value) ? value : [String(value)]
  }

  setResponseHeader(name: string, values: string[]): void {
    this.hold.openly(() => this.setHeader(name, values.length === 1 ? values[0]! : values))
  }
}

/**
 * Frameworks that route an upgrade make up a response, whose head nobody sends: that of the upgrade is the WebSocket
 * library's. Node sets the mark on requests that it gave out as upgrades.
 */
const isForUpgrade = ({ req }: { req: object }) => (req as { upgrade?: boolean | null }).upgrade === true

/** What an upgraded connection has in a response's place: nothing can be sent in it, so no cookie can. */
export const NO_RESPONSE: ResponseCarrier = {
  statusCode: 101,
  headersSent: true,
  aborted: false,
  responseHeader: () => [],
  setResponseHeader: () => {},
}
