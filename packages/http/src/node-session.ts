import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session, SessionManager } from '@sojourn/session-core'
import { answerError } from './answer-error'
import { checkMount } from './check-mount'
import { clientOf, type TrustProxy } from './client'
import { type HoldOptions, holdResponse } from './hold-response'
import { nodeCarrier } from './node-carrier'
import { NO_RESPONSE } from './node-response'

/** What {@link nodeSession} can be told. */
export interface NodeSessionOptions extends Pick<HoldOptions, 'maxHeldBytes'> {
  /** Whose word is taken for the client's address and for https. Default `false`: the socket's alone. */
  trustProxy?: TrustProxy
  /**
   * Answers where a commit fails after the handler has ended its response: nothing of that has been sent. Default
   * {@link answerError}.
   */
  onError?: (error: unknown, req: IncomingMessage, res: ServerResponse) => void
}

/**
 * Sessions for a plain `node:http` server: `const session = await open(req, res)` at the top of a handler. Changes are
 * committed before the response's headers leave.
 *
 * Without `res`, for an upgrade to WebSocket: no cookie can follow, so what needs one (`login`, `regenerate`, a new
 * session, any change where the cookie is the store) rejects with `ERR_SESSION_HEADERS_SENT`, and nothing is committed
 * by itself; `update` and `save` store changes.
 *
 * The promise rejects with a `SessionStoreError` where the store is down, and with a `SessionUsageError`
 * `ERR_SESSION_ALREADY_OPEN` where the request has a session under this manager's cookie already.
 * @throws TypeError for what is no manager, and for an option that does not exist.
 */
export function nodeSession<Data>(sessions: SessionManager<Data>, options: NodeSessionOptions = {}) {
  checkMount('nodeSession', sessions, options, ['trustProxy', 'onError', 'maxHeldBytes'])
  const { trustProxy = false, onError = (error, _req, res) => answerError(res, error), maxHeldBytes } = options
  return async (req: IncomingMessage, res?: ServerResponse): Promise<Session<Data>> => {
    let session: Session<Data> | undefined
    const response = res
      ? holdResponse(res, {
          commit: () => session && sessions.commit(session),
          onError: (error) => onError(error, req, res),
          maxHeldBytes,
        })
      : NO_RESPONSE
    session = await sessions.open(nodeCarrier(req, response, clientOf(req, trustProxy)), req)
    return session
  }
}
