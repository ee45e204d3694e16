import type { Session, SessionManager } from '@sojourn/session-core'
import { WebCarrier } from './web-carrier'

/** What {@link webSession} can be told of a request. */
export interface WebSessionOptions {
  /** Whether the client spoke https. Default: whether the request's URL says so, which a proxy may have changed. */
  secure?: boolean
  /** The client's address, which a `Request` does not tell: Bun's `server.requestIP(request)`. Default unknown. */
  ip?: string
  /**
   * Answers what the handler throws, and a session that cannot be opened or committed. A cookie that is owed goes with its
   * response as well. Default: the error is thrown on, and a cookie that is owed is lost.
   */
  onError?: (error: unknown) => Response | Promise<Response>
}

/**
 * Sessions for `fetch` handlers: Bun, Deno, workers, Node. Opens the request's session, hands it to `handler`, and commits
 * before the response is returned. The response is passed on as it is where it gets no header of ours, else as a copy.
 * What a body streams comes after that: there, a change that needs a cookie throws `ERR_SESSION_HEADERS_SENT`.
 * @throws what `handler` throws.
 * @throws SessionStoreError where the store is down, SessionEndedError where another request ended the session meanwhile.
 */
export async function webSession<Data>(
  sessions: SessionManager<Data>,
  request: Request,
  handler: (session: Session<Data>) => Response | Promise<Response>,
  options: WebSessionOptions = {},
): Promise<Response> {
  const carrier = new WebCarrier(request, options)
  let session: Session<Data> | undefined
  const answer = async (response: Response) => {
    carrier.response = response
    try {
      if (session) await sessions.commit(session)
    } catch (error) {
      carrier.drop()
      throw error
    }
    return carrier.send()
  }
  try {
    session = await sessions.open(carrier, request)
    return await answer(await handler(session))
  } catch (error) {
    if (!options.onError) throw error
    return answer(await options.onError(error))
  }
}
