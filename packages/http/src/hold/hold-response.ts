import type { ServerResponse } from 'node:http'
import { callClose } from './callbacks'
import { HeldResponse } from './held-response'
import type { HoldOptions } from './hold-options'
import { isResponse, NO_RESPONSE, NodeResponse, type ResponseCarrier } from './response-carrier'

/**
 * Lets the headers of a response wait for an asynchronous commit. Node sends headers synchronously, and stores are
 * asynchronous.
 *
 * The methods that send headers (`writeHead`, `flushHeaders`, `write`, `end`) call `commit` first. If it returns a promise,
 * they are queued and made in order when it resolves, and so is the `flush` of a compression. If it rejects, they are
 * discarded and `onError` answers instead.
 *
 * To the handler, a waiting response looks like a response that was sent: `headersSent` is true, `writableEnded` is true
 * after `end`, and `setHeader` throws `ERR_HTTP_HEADERS_SENT`. `write` returns false from 64 KiB on, and `drain` follows.
 * A second `end` is ignored. Informational responses (100, 103) do not wait.
 *
 * WebSocket recipes pass `{}` for the response of an upgrade. Nothing can be sent in it, so it counts as sent.
 *
 * @returns the response's half of a carrier. It reads and sets headers also while the response waits.
 * @example
 * const response = holdResponse(res, {
 *   commit: () => session && sessions.commit(session),
 *   onError: (error) => answerError(res, error),
 * })
 * const session = await sessions.open(nodeCarrier(req, response, client), req)
 */
export function holdResponse(res: ServerResponse, options: HoldOptions): ResponseCarrier {
  if (!isResponse(res)) return NO_RESPONSE
  if (options.onClose) res.once('close', () => callClose(options))
  return new NodeResponse(res, new HeldResponse(res, options))
}
