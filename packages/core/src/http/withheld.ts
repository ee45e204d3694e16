import type { HttpCarrier } from './carrier'
import { clearCookieLine, type ResolvedCookie, readCookies, setCookieLine } from './cookie'
import { addSetCookie, putSetCookie } from './headers'
import { otherPathsOf, RequestCookie } from './request-cookie'

/** The cookies of one request, and the marker beside them. */
export interface RequestCookies {
  readonly session: RequestCookie
  /** Undefined if this application has no remember-me. */
  readonly remember: RequestCookie | undefined
  /** Undefined if the browser sends our cookies with every navigation to us. */
  readonly marker: Marker | undefined
}

/** The cookies of a request, by the manager's options. */
export const requestCookies = (
  {
    cookie,
    remember,
  }: { readonly cookie: ResolvedCookie; readonly remember: { readonly cookie: ResolvedCookie } | undefined },
  carrier: HttpCarrier,
): RequestCookies => ({
  session: new RequestCookie(cookie, carrier),
  remember: remember && new RequestCookie(remember.cookie, carrier),
  marker: cookie.marker ? new Marker(cookie, carrier) : undefined,
})

/**
 * The cookie `<name>-at=1` beside a `SameSite=Strict` cookie. A link from another site brings this one, which is
 * `SameSite=Lax`, and not the other: so a cookie that the browser withheld is not taken for an absent one. It is trusted for
 * nothing else.
 */
class Marker {
  private readonly name: string
  private isReceived: boolean | undefined

  /** @param beside the cookie that it stands beside. */
  constructor(
    private readonly beside: ResolvedCookie,
    private readonly carrier: HttpCarrier,
  ) {
    this.name = markerName(beside.name)
  }

  /** Most responses do not need it. */
  private get cookie(): ResolvedCookie {
    return { ...this.beside, name: this.name, sameSite: 'lax', httpOnly: true }
  }

  get received(): boolean {
    this.isReceived ??= this.isIn(this.carrier.requestHeader('cookie'))
    return this.isReceived
  }

  private isIn(header: string | undefined): boolean {
    const { name } = this
    return !!header?.includes(name) && readCookies(header, (other) => other === name).has(name)
  }

  /** Writes the marker to the response, if the pending cookies change how long it must live. */
  applyCookies({ session, remember }: Pick<RequestCookies, 'session' | 'remember'>): void {
    const [forSession, forRemember] = [session.pending, remember?.pending]
    if (!forSession?.value && !forRemember?.value) {
      const isCleared = forSession !== undefined || forRemember !== undefined
      if (isCleared && this.received && !isKept(session) && !isKept(remember)) this.clear()
      return
    }
    const maxAge = Math.max(maxAgeOf(forSession), maxAgeOf(forRemember))
    // A remember-me that stays has set a marker that lives as long.
    if (this.received && (isKept(remember) || (maxAge === 0 && !forRemember))) return
    this.put(setCookieLine({ ...this.cookie, persistent: maxAge > 0 }, '1', maxAge))
  }

  /** Clears it under earlier paths as well: one that is left over makes visitors look as if a cookie had been withheld. */
  private clear(): void {
    const { carrier, cookie } = this
    this.put(clearCookieLine(cookie))
    for (const path of otherPathsOf(cookie, carrier.url)) addSetCookie(carrier, clearCookieLine({ ...cookie, path }))
  }

  private put(line: string): void {
    putSetCookie(this.carrier, this.name, line)
  }
}

/** Whether the response leaves a cookie as it came. */
const isKept = (cookie: RequestCookie | undefined) => !!cookie && !cookie.pending && cookie.values().length > 0

/** How long a cookie lives that the response sets; 0 if it goes with the browser, or is not set. */
const maxAgeOf = (pending: RequestCookie['pending']) => (pending?.value ? (pending.maxAge ?? 0) : 0)

/** The name of the marker beside a session cookie. */
export const markerName = (name: string): string => `${name}-at`

/**
 * Whether a request without a cookie of ours comes from a browser that may hold one: by the marker, or by Fetch Metadata (W3C)
 * if the request is cross-site and no top-level navigation. Then an anonymous session would replace the visitor's own.
 */
export function isWithheld(
  carrier: HttpCarrier,
  { session, remember, marker }: RequestCookies,
  { sameSite }: ResolvedCookie,
): boolean {
  // Browsers withhold no such cookie.
  if (sameSite === 'none') return false
  if (session.values().length > 0 || (remember?.values().length ?? 0) > 0) return false
  const site = carrier.requestHeader('sec-fetch-site')
  // From our own site a browser sends all cookies: the marker is left over.
  if (site === 'same-origin' || site === 'same-site') return false
  if (marker?.received) return true
  return site === 'cross-site' && !isTopLevelRead(carrier)
}

const isTopLevelRead = (carrier: HttpCarrier): boolean =>
  (carrier.method === 'GET' || carrier.method === 'HEAD') &&
  carrier.requestHeader('sec-fetch-mode') === 'navigate' &&
  carrier.requestHeader('sec-fetch-dest') === 'document'
