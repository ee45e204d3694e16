import type { Session, SessionManager } from '@sojourn/session-core'
import { WebCarrier } from './web-carrier'

/** The options of {@link webSession}: what a `Request` does not say about its client, and who answers errors. */
export interface WebSessionOptions {
  /**
   * Whether the client used https.
   * @default whether the request's URL starts with `https:`, which a proxy may have changed
   */
  secure?: boolean
  /**
   * The client's address.
   * @default undefined
   * @example server.requestIP(request)?.address // Bun
   */
  ip?: string
  /**
   * Answers what the handler throws, and a session that cannot be opened or committed. A pending Set-Cookie is sent with
   * its response.
   * @default the error is thrown again, and a pending Set-Cookie is lost
   */
  onError?: (error: unknown) => Response | Promise<Response>
}

/**
 * Sessions for `fetch` handlers: Bun, Deno, workers, Node. Opens the request's session, calls `handler` with it, and commits
 * before it returns the response. A response that gets a header of ours is copied; any other is returned as it is. A body
 * that streams runs later: there, a change that needs a cookie rejects with `ERR_SESSION_HEADERS_SENT`, and a change to
 * `session.data` is the event `change-dropped`.
 * @throws what `handler` throws, unless `onError` answers it.
 * @throws SessionStoreError if the store is unavailable.
 * @throws SessionEndedError if another request ended the session while this one changed it.
 * @example
 * export default {
 *   fetch: (request: Request) => webSession(sessions, request, (session) => Response.json(session.data)),
 * }
 */
export async function webSession<Data>(
  sessions: SessionManager<Data>,
  request: Request,
  handler: (session: Session<Data>) => Response | Promise<Response>,
  given: WebSessionOptions = {},
): Promise<Response> {
  // Own members only: those of Object.prototype are no options.
  const options: WebSessionOptions = Object.assign(Object.create(null), given)
  const carrier = new WebCarrier(request, options)
  let session: Session<Data> | undefined
  const answer = async (response: Response) => {
    carrier.response = response
    try {
      if (session) await sessions.commit(session)
    } catch (error) {
      carrier.discard()
      throw error
    }
    const sent = carrier.send()
    // The body may still be made: its changes are reported.
    if (session) sessions.commit(session)
    return sent
  }
  try {
    session = await sessions.open(carrier, request)
    return await answer(await handler(session))
  } catch (error) {
    if (!options.onError) throw error
    return answer(await options.onError(error))
  }
}
