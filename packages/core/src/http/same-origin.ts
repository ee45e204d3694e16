import { checkKnown, memberOf, SessionConfigError, shown } from '../check'
import { SessionCrossOriginError } from '../errors'
import type { HttpCarrier } from './carrier'

/** The options of `sameOriginOnly`. */
export interface SameOriginOptions {
  /**
   * Other origins whose requests are allowed, each as browsers send it in Origin: `https://app.example`, with the port if it is
   * not the scheme's own. An application in a web view may have a scheme of its own: `capacitor://localhost`.
   * @default none
   */
  trustedOrigins?: readonly string[]
}

/** What `sameOriginOnly` reads of a request. A carrier has it. */
export type OriginRequest = Pick<HttpCarrier, 'method' | 'secure' | 'requestHeader'> & {
  /** The host that the client used, with its port, by the framework's trust-proxy setting. Default: the Host header. */
  readonly host?: string | undefined
}

/**
 * A guard against requests that another site makes a browser send (cross-site request forgery). It returns for a request that
 * may go on, and throws for any other. Adapters have a guard of the same name over this one.
 *
 * GET, HEAD and OPTIONS always pass. Of the other methods pass
 * 1. a request whose `Origin` is one of `trustedOrigins`;
 * 2. one with `Sec-Fetch-Site: same-origin`, or `none` (the user's own action, not a site's);
 * 3. one without `Sec-Fetch-Site` whose `Origin` is the request's own: scheme, host and port;
 * 4. one without both headers: no browser of today sends it.
 *
 * Headers are compared as they are. Another spelling, several values, and `null` are refused: browsers send one form.
 * Sources: Fetch Metadata (W3C), OWASP ASVS 5.0, 3.5.1 and 3.5.3.
 * @throws SessionConfigError for an unknown option, and for a trusted origin that no browser would send.
 * @example
 * const guard = sameOriginOnly({ trustedOrigins: ['https://app.example'] })
 * guard(carrier) // throws SessionCrossOriginError, 403
 */
export function sameOriginOnly(options: SameOriginOptions = {}): (request: OriginRequest) => void {
  const { trustedOrigins = [] } = checkKnown('sameOriginOnly.', options, ['trustedOrigins'])
  if (!Array.isArray(trustedOrigins)) throw new SessionConfigError(OPTION, 'must be a list of origins')
  const trusted = new Set(trustedOrigins.map(checkOrigin))
  return (request) => {
    if (SAFE.includes(request.method)) return
    const origin = request.requestHeader('origin')
    if (origin !== undefined && trusted.has(origin)) return
    const site = request.requestHeader('sec-fetch-site')
    if (site === 'same-origin' || site === 'none') return
    const own = originOf(request)
    if (site !== undefined) throw new SessionCrossOriginError('sec-fetch-site', origin, own)
    if (origin !== undefined && origin !== own) throw new SessionCrossOriginError('origin', origin, own)
  }
}

// RFC 9110, section 9.2.1, but for TRACE.
const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

const OPTION = 'sameOriginOnly.trustedOrigins'

/** The origin that a page of ours has, as browsers write it (RFC 6454, section 6.2); undefined if the host is none. */
function originOf(request: OriginRequest): string | undefined {
  const named = memberOf(request, 'host') as OriginRequest['host']
  const host = named ?? request.requestHeader('host')
  return host && HOST.test(host) ? parsed(`${request.secure ? 'https' : 'http'}://${host}`) : undefined
}

/** Neither a user's name, nor a path, nor what a URL parser would turn into another host. */
const HOST = /^[\w.:[\]-]+$/

/** Origins of other schemes than the web's have no form that URL would know: `capacitor://localhost`. */
const OTHER_SCHEME = /^(?!https?:)[a-z][a-z\d+.-]*:\/\/[a-z\d._-]+(?::\d+)?$/

function checkOrigin(origin: unknown): string {
  const meant = typeof origin === 'string' ? parsed(origin) : undefined
  if (typeof origin === 'string' && (meant === origin || OTHER_SCHEME.test(origin))) return origin
  const hint = meant ? `write ${shown(meant)}` : "write each as browsers send it: 'https://app.example'"
  throw new SessionConfigError(OPTION, `has ${shown(origin)}, which no browser sends as its own origin; ${hint}`)
}

/** The origin of a web URL; undefined for any other text, and for a host that no page has. */
function parsed(url: string): string | undefined {
  try {
    const { origin, host } = new URL(url)
    return origin !== 'null' && HOST.test(host) ? origin : undefined
  } catch {
    return undefined
  }
}
