import type { ServerResponse } from 'node:http'
import { hasReason } from './response-head'

/** Where Node keeps the head of an HTTP/1 response once it is made; `headersSent` and `setHeader` go by it. */
type Marked = ServerResponse & { _header: unknown }

// Plain values, the same for every response: V8 keeps what the accessors of a single object refer to for a long time.
const SENT: PropertyDescriptorMap = {
  headersSent: { value: true, configurable: true },
  setHeader: refuse('set'),
  setHeaders: refuse('set'),
  appendHeader: refuse('append'),
  removeHeader: refuse('remove'),
}
// Not by Node's own mark of the end, by which it finishes a response that has got its socket.
const ENDED: PropertyDescriptorMap = { writableEnded: { value: true, configurable: true } }

/**
 * Makes a response look as if its headers had left: `headersSent` is true, changing a header throws, and the status that
 * counts is the one it has now. Code that asks whether it may still answer gets the same reply whether or not the answer
 * waits.
 *
 * Node's own mark does that for HTTP/1, at the cost of an assignment. HTTP/2's responses have none: they are masked.
 */
export class Pretence {
  private readonly statusCode: number
  private readonly reason: string | undefined
  private readonly unmarked: unknown
  private readonly isMarked: boolean
  private readonly before: [name: string, PropertyDescriptor | undefined][] = []

  constructor(private readonly res: ServerResponse) {
    this.statusCode = res.statusCode
    this.reason = hasReason(res) ? res.statusMessage : undefined
    this.isMarked = Object.hasOwn(res, '_header')
    this.unmarked = this.isMarked && (res as Marked)._header
    this.mark()
    if (!res.headersSent) this.mask(SENT)
  }

  /** From now on it looks ended as well. */
  end(): void {
    this.mask(ENDED)
  }

  /** Does something to the response as it is. */
  suspend(work: () => void): void {
    this.unmark()
    try {
      work()
    } finally {
      this.mark()
    }
  }

  /** Shows the response as it is. */
  stop(): void {
    const { res } = this
    this.unmark()
    for (const [name, descriptor] of this.before) {
      if (descriptor) Object.defineProperty(res, name, descriptor)
      else Reflect.deleteProperty(res, name)
    }
    res.statusCode = this.statusCode
    if (hasReason(res)) res.statusMessage = this.reason!
  }

  private mark(): void {
    if (this.isMarked) (this.res as Marked)._header = 'about to be sent'
  }

  private unmark(): void {
    if (this.isMarked) (this.res as Marked)._header = this.unmarked
  }

  private mask(properties: PropertyDescriptorMap): void {
    for (const name in properties) {
      this.before.push([name, Object.getOwnPropertyDescriptor(this.res, name)])
      Object.defineProperty(this.res, name, properties[name]!)
    }
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
