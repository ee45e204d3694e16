import type { IncomingMessage, ServerResponse } from 'node:http'
import { isResponse } from './hold/response-carrier'

/**
 * Answers an error on a plain `node:http` response. The status is the error's `statusCode` if that is 400 to 599, otherwise
 * 500; the body says nothing else about the error. If the headers were sent already, the connection is closed, so that the
 * client does not take half a response for a whole one.
 * @example
 * createServer((req, res) => handle(req, res).catch((error) => answerError(res, error)))
 */
export function answerError(res: ServerResponse, error: unknown): void {
  if (res.headersSent) {
    res.destroy()
    return
  }
  const { statusCode } = Object(error) as { statusCode?: unknown }
  const isErrorStatus = typeof statusCode === 'number' && statusCode >= 400 && statusCode <= 599
  res.statusCode = isErrorStatus ? statusCode : 500
  res.setHeader('content-type', 'text/plain')
  res.end(`Error ${res.statusCode}\n`)
}

/**
 * The last resort, if an error path throws: answers by {@link answerError}, so that the request ends and the process goes on,
 * and reports `error` as a process warning. A request without a response, an upgrade for example, loses its connection.
 * @example
 * sessions.open(carrier, req).then(() => next(), next).catch((error) => answerUncaught(req, res, error))
 */
export function answerUncaught(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  const detail = error instanceof Error ? error.stack : String(error)
  process.emitWarning('An error handler threw an error.', { type: 'SojournWarning', detail })
  if (!isResponse(res)) {
    req.socket.destroy()
    return
  }
  try {
    res.statusMessage = ''
    answerError(res, error)
  } catch {
    res.destroy()
  }
}
