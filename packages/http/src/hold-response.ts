import type { ServerResponse } from 'node:http'
import { Hold } from './hold'
import { NodeResponse, type ResponseCarrier } from './node-response'

/** What {@link holdResponse} is told. */
export interface HoldOptions {
  /**
   * Called at the last point before the response's headers leave, with its final status and headers in place. Where it
   * returns undefined they leave at once; else they, and all that follows, wait for the promise. Called again only for
   * another attempt to answer, after an error.
   */
  commit(): Promise<void> | undefined
  /**
   * The framework's error path. It is given what `commit` rejected with, and a response that is unsent, with status 500
   * and without the headers that told of the dropped body; or, past `maxHeldBytes`, one that is destroyed.
   */
  onError(error: unknown): void
  /**
   * How many bytes of a producer that ignores `write() === false` are kept while the response waits, before it is
   * destroyed. A single chunk may be larger. Default 16 MiB: a loop of writes without a pause takes the same memory in
   * plain Node, and should not break because a renewal happens to be due.
   */
  maxHeldBytes?: number
}

/**
 * Node sends headers synchronously, stores are asynchronous: this lets the one wait for the other. The methods that send
 * the headers (`writeHead`, `flushHeaders`, `write`, `end`) call `commit` first; where it has to be waited for, they are
 * queued, and made in order once it resolves. Where it rejects they are dropped, and `onError` answers instead.
 *
 * To the handler a waiting response looks like the sent one it would be without waiting: `headersSent` is true,
 * `writableEnded` too after `end`, `setHeader` throws `ERR_HTTP_HEADERS_SENT`. `write` returns false from 64 KiB on, and
 * `drain` follows. A second `end` meanwhile is ignored. Informational responses (100, 103) before it do not wait.
 *
 * Returns the response's half of a carrier, which sees and sets the headers also while they wait.
 */
export function holdResponse(res: ServerResponse, options: HoldOptions): ResponseCarrier {
  return new NodeResponse(res, new Hold(res, options))
}
