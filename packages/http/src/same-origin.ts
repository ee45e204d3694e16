import type { IncomingMessage } from 'node:http'
import type { OriginRequest, SameOriginOptions } from '@sojourn/session-core'
import { own } from '#check'
import { sameOriginOnly as guardOf } from '#same-origin'
import { headerOf } from './node-carrier'
import { clientOf, hostOf, type TrustProxy } from './trust-proxy'

/** The part of a request that a framework's trust-proxy setting decides. */
export type ClientTarget = Pick<OriginRequest, 'secure' | 'host'>

/**
 * The guard `sameOriginOnly` for Node requests, for adapters: the framework says which scheme and host the client used.
 * @throws SessionConfigError for an unknown option, and for a trusted origin that no browser would send.
 * @example
 * const guard = originGuard({ trustedOrigins: [] })
 * guard(req, { secure: req.secure, host: req.host })
 */
export function originGuard(options?: SameOriginOptions): (req: IncomingMessage, target: ClientTarget) => void {
  const guard = guardOf(options)
  return (req, { secure, host }) =>
    guard({ method: req.method ?? '', secure, host, requestHeader: (name) => headerOf(req, name) })
}

/** The options of {@link sameOriginOnly}. */
export interface NodeSameOriginOptions extends SameOriginOptions {
  /**
   * Which proxies are trusted to report the scheme and the host that the client used.
   * @default false
   */
  trustProxy?: TrustProxy
}

/**
 * A guard against requests that another site makes a browser send (cross-site request forgery), by the headers Sec-Fetch-Site and
 * Origin. It returns for a request that may go on, and throws for any other. GET, HEAD and OPTIONS always pass. A framework's own
 * scheme and host, if there is one, can be passed as the second argument.
 * @throws SessionConfigError for an unknown option, and for a trusted origin that no browser would send.
 * @example
 * const guard = sameOriginOnly()
 * createServer((req, res) => {
 *   try {
 *     guard(req)
 *   } catch (error) {
 *     return answerError(res, error) // 403
 *   }
 *   res.end('hello')
 * })
 */
export function sameOriginOnly(
  options: NodeSameOriginOptions = {},
): (req: IncomingMessage, target?: ClientTarget) => void {
  const { trustProxy, ...others } = own(options, 'sameOriginOnly')
  const guard = originGuard(others)
  return (req, target) =>
    guard(req, target ?? { secure: clientOf(req, trustProxy).secure, host: hostOf(req, trustProxy) })
}
