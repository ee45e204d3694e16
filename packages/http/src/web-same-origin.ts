import type { SameOriginOptions } from '@sojourn/session-core'
import { sameOriginOnly as guardOf } from '#same-origin'

/** What a `Request` does not say about its client, if a proxy stands before this server. */
export interface WebTarget {
  /**
   * Whether the client used https.
   * @default whether the request's URL starts with `https:`
   */
  secure?: boolean
  /**
   * The host that the client used, with its port.
   * @default that of the request's URL
   */
  host?: string
}

/**
 * A guard against requests that another site makes a browser send (cross-site request forgery), by the headers Sec-Fetch-Site and
 * Origin. It returns for a request that may go on, and throws for any other. GET, HEAD and OPTIONS always pass.
 * @throws SessionConfigError for an unknown option, and for a trusted origin that no browser would send.
 * @example
 * const guard = sameOriginOnly()
 * const fetch = (request: Request) =>
 *   webSession(sessions, request, (session) => {
 *     guard(request) // throws SessionCrossOriginError, 403: onError answers it
 *     return Response.json(session.data)
 *   }, { onError: (error) => new Response(null, { status: Object(error).statusCode ?? 500 }) })
 */
export function sameOriginOnly(options?: SameOriginOptions): (request: Request, target?: WebTarget) => void {
  const guard = guardOf(options)
  return (request, given) => {
    const url = new URL(request.url)
    // Own members only: those of Object.prototype are no options.
    const target: WebTarget = Object.assign(Object.create(null), given)
    const { secure = url.protocol === 'https:', host = url.host } = target
    const requestHeader = (name: string) => request.headers.get(name) ?? undefined
    guard({ method: request.method, secure, host, requestHeader })
  }
}
