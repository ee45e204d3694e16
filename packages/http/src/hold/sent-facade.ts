import type { ServerResponse } from 'node:http'
import { SessionUsageError } from '#check'
import { hasReason } from './response-head'

/**
 * Node keeps the head of an HTTP/1 response in `_header`; `headersSent` and `setHeader` test it. `_send` writes it to the
 * socket.
 */
type WithHeader = ServerResponse & { _header: unknown; _send: unknown }

// Shared by all responses: V8 keeps what the accessors of a single object refer to until its next full collection.
const SENT: PropertyDescriptorMap = {
  headersSent: { value: true, configurable: true },
  setHeader: throwing('set'),
  setHeaders: throwing('set'),
  appendHeader: throwing('append'),
  removeHeader: throwing('remove'),
}
// Not by setting Node's `finished` flag, which ends the response when a socket is assigned.
const ENDED: PropertyDescriptorMap = { writableEnded: { value: true, configurable: true } }

/**
 * Makes an unsent response look sent: `headersSent` is true, changing a header throws, and later changes of the status have
 * no effect. So code that asks whether it may still answer behaves the same whether or not the response waits.
 *
 * For HTTP/1, setting `_header` does that at the cost of one assignment. HTTP/2 responses have no such field, so their
 * properties are replaced.
 */
export class SentFacade {
  private readonly statusCode: number
  private readonly reason: string | undefined
  private readonly header: unknown
  private readonly hasHeader: boolean
  private readonly send: unknown
  private readonly replaced: [name: string, PropertyDescriptor | undefined][] = []

  constructor(private readonly res: ServerResponse) {
    this.statusCode = res.statusCode
    this.reason = hasReason(res) ? res.statusMessage : undefined
    this.hasHeader = Object.hasOwn(res, '_header')
    this.header = this.hasHeader && (res as WithHeader)._header
    this.send = this.hasHeader && (res as WithHeader)._send
    this.setHeader('about to be sent')
    this.setSend(refuseToSend)
    if (!res.headersSent) this.replace(SENT)
  }

  /** Makes the response look ended as well. */
  showEnded(): void {
    this.replace(ENDED)
  }

  /** Runs `work` on the response without the facade. */
  bypass(work: () => void): void {
    this.setHeader(this.header)
    try {
      work()
    } finally {
      this.setHeader('about to be sent')
    }
  }

  /** Shows the response as it is, with the status from before. */
  remove(): void {
    const { res } = this
    this.setHeader(this.header)
    this.setSend(this.send)
    for (const [name, descriptor] of this.replaced) {
      if (descriptor) Object.defineProperty(res, name, descriptor)
      else Reflect.deleteProperty(res, name)
    }
    res.statusCode = this.statusCode
    if (hasReason(res)) res.statusMessage = this.reason!
  }

  private setHeader(header: unknown): void {
    if (this.hasHeader) (this.res as WithHeader)._header = header
  }

  private setSend(send: unknown): void {
    if (this.hasHeader) (this.res as WithHeader)._send = send
  }

  private replace(properties: PropertyDescriptorMap): void {
    for (const name in properties) {
      this.replaced.push([name, Object.getOwnPropertyDescriptor(this.res, name)])
      Object.defineProperty(this.res, name, properties[name]!)
    }
  }
}

/** The error that Node throws if a header is changed after it was sent. */
export function headersSentError(verb: string): Error {
  const error = new Error(`Cannot ${verb} headers after they are sent to the client`)
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' })
}

/** Only a method that was read off the response before it was held gets here: ours wait. */
function refuseToSend(): never {
  throw new SessionUsageError(
    'ERR_SESSION_USAGE',
    'A method of the response was read before the session was opened, so it cannot wait for the session to be stored. ' +
      'Open the session first: const session = await open(req, res).',
  )
}

function throwing(verb: string): PropertyDescriptor {
  return {
    value: () => {
      throw headersSentError(verb)
    },
    configurable: true,
  }
}
