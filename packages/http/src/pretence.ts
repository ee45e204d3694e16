import type { ServerResponse } from 'node:http'
import { hasReason } from './response-head'

// Plain values, the same for every response: V8 keeps what the accessors of a single object refer to for a long time.
const SENT: PropertyDescriptorMap = {
  headersSent: { value: true, configurable: true },
  writableEnded: { value: false, configurable: true },
  setHeader: refuse('set'),
  setHeaders: refuse('set'),
  appendHeader: refuse('append'),
  removeHeader: refuse('remove'),
}
const ENDED: PropertyDescriptor = { value: true, configurable: true }

/**
 * Makes a response look as if its headers had left: `headersSent` is true, changing a header throws, and the status that
 * counts is the one it has now. Code that asks whether it may still answer gets the same reply whether or not the answer
 * waits.
 */
export class Pretence {
  private readonly statusCode: number
  private readonly reason: string | undefined
  private readonly before: [name: string, PropertyDescriptor | undefined][]

  constructor(private readonly res: ServerResponse) {
    this.statusCode = res.statusCode
    this.reason = hasReason(res) ? res.statusMessage : undefined
    this.before = Object.keys(SENT).map((name) => [name, Object.getOwnPropertyDescriptor(res, name)])
    Object.defineProperties(res, SENT)
  }

  /** From now on it looks ended as well. */
  end(): void {
    Object.defineProperty(this.res, 'writableEnded', ENDED)
  }

  /** Shows the response as it is. */
  stop(): void {
    const { res } = this
    for (const [name, descriptor] of this.before) {
      if (descriptor) Object.defineProperty(res, name, descriptor)
      else Reflect.deleteProperty(res, name)
    }
    res.statusCode = this.statusCode
    if (hasReason(res)) res.statusMessage = this.reason!
  }
}

/** What Node throws where a header is changed too late. */
export function headersSentError(deed: string): Error {
  const error = new Error(`Cannot ${deed} headers after they are sent to the client`)
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' })
}

function refuse(deed: string): PropertyDescriptor {
  return {
    value: () => {
      throw headersSentError(deed)
    },
    configurable: true,
  }
}
