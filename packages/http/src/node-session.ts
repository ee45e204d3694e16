import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session, SessionManager } from '@sojourn/session-core'
import { answerError } from './answer-error'
import { checkMount } from './check-mount'
import type { HoldOptions } from './hold/hold-options'
import { holdResponse } from './hold/hold-response'
import { NO_RESPONSE } from './hold/response-carrier'
import { nodeCarrier } from './node-carrier'
import { clientOf, type TrustProxy } from './trust-proxy'

/** The options of {@link nodeSession}. */
export interface NodeSessionOptions extends Pick<HoldOptions, 'maxHeldBytes'> {
  /**
   * Which proxies are trusted to report the client's address and protocol.
   * @default false
   * @example (address) => address.startsWith('10.')
   */
  trustProxy?: TrustProxy
  /**
   * Answers if a commit fails after the handler has ended its response. Nothing of that response was sent.
   * @default answerError
   */
  onError?: (error: unknown, req: IncomingMessage, res: ServerResponse) => void | Promise<void>
}

/**
 * Sessions for a plain `node:http` server. The returned function opens the session of a request: call it at the top of the
 * handler, in a statement of its own. In `res.end(await answer(await open(req, res)))`, `res.end` is read too early to wait.
 * Changes are committed before the response's headers are sent.
 *
 * For an upgrade to WebSocket, leave out `res`. No cookie can follow, so what needs one (`login`, `regenerate`, a new
 * session, any change in cookie mode) rejects with `ERR_SESSION_HEADERS_SENT`. Nothing is committed automatically; `update`
 * and `save` store changes.
 *
 * The promise rejects with a `SessionStoreError` if the store is unavailable, and with a `SessionUsageError`
 * `ERR_SESSION_ALREADY_OPEN` if a session was already opened on this request under the manager's cookie.
 * @throws SessionConfigError if `sessions` is not a manager, and for an unknown option.
 * @example
 * const open = nodeSession(sessions)
 * createServer(async (req, res) => {
 *   const session = await open(req, res)
 *   session.data.visits = Number(session.data.visits ?? 0) + 1
 *   res.end('hello')
 * })
 */
export function nodeSession<Data>(sessions: SessionManager<Data>, options: NodeSessionOptions = {}) {
  const known = ['trustProxy', 'onError', 'maxHeldBytes']
  const {
    trustProxy = false,
    onError = (error: unknown, _req: IncomingMessage, res: ServerResponse) => answerError(res, error),
    maxHeldBytes,
  } = checkMount('nodeSession', sessions, options, known)
  return async (req: IncomingMessage, res?: ServerResponse): Promise<Session<Data>> => {
    let session: Session<Data> | undefined
    const commit = () => session && sessions.commit(session)
    const response = res
      ? holdResponse(res, {
          commit,
          onClose: commit,
          onError: (error) => onError(error, req, res),
          maxHeldBytes,
        })
      : NO_RESPONSE
    session = await sessions.open(nodeCarrier(req, response, clientOf(req, trustProxy)), req)
    return session
  }
}
