import { SessionStoreError } from '../errors'
import type { SessionOutcome } from '../events/outcome'
import { type CookieOptions, type Cookies, clearCookieLine, readCookies, resolveCookie } from '../http/cookie'
import { type ClockName, remaining, type SessionRemaining, verdict } from '../record/timeouts'
import { base64url } from '../seal/bytes'
import { parseJson } from '../seal/json'
import { bindingOf, isBound, type RestyClient } from './client'
import { firstOf, joinPayload, namesOf } from './cookies'
import { bytesOf, FLAG, HEADER_CHARACTERS, type RestyHeader, readHeader } from './header'
import type { RestyKey } from './keys'
import { type ResolvedRestyOptions, type RestyCookie, type RestyOptions, resolveRestyOptions } from './options'
import { type RestySlot, readSlots } from './payload'

/** A session of lua-resty-session. */
export interface RestySession {
  /** Its `session.id`. Keep it out of logs: unless storage keys are hashed, it is the key of the session in the storage. */
  readonly id: string
  /** When it was first saved, epoch ms: where the absolute clock starts. */
  readonly createdAt: number
  /** When it was last saved, epoch ms: where the rolling clock starts. */
  readonly renewedAt: number
  /** When its cookie was last touched, epoch ms: where the idle clock starts. */
  readonly touchedAt: number
  /** Whole seconds until each clock ends, and until the nearest one does; Infinity for a clock that is switched off. */
  readonly remaining: SessionRemaining
  /** The slot of the option `audience`. A session without one is no session here: its outcome is `none`. */
  readonly slot: RestySlot
  /** The slots of all applications. */
  readonly slots: readonly RestySlot[]
}

/** The result of {@link RestySessions.open}: a session, or the reason why there is none. */
export type RestyOpened =
  | {
      /** `restored`: opened by the remember cookie alone, so there may have been no recent login. */
      readonly outcome: 'resumed' | 'restored'
      /** The session. */
      readonly session: RestySession
    }
  | {
      /** Why there is no session. */
      readonly outcome: Extract<
        SessionOutcome,
        'none' | 'malformed' | 'rejected' | 'unknown' | 'mismatch' | `expired:${ClockName}`
      >
      /** There is none. */
      readonly session?: undefined
    }

/** A session before the look at its audience. */
interface Opened {
  readonly outcome: RestyOpened['outcome']
  readonly session?: Omit<RestySession, 'slot'>
}

/** Reads sessions of lua-resty-session. It never changes, renews or touches one. */
export interface RestySessions {
  /** The names of its cookies and of all chunks they can have, for `hide` of `forwardedHeaders`. */
  readonly cookieNames: readonly string[]
  /**
   * Opens the session in a Cookie header. `now` is epoch ms and defaults to the present. `client` is the client as OpenResty
   * sees it, for sessions that are bound to one. Bad input is an outcome, never an exception. Only an authentic cookie can
   * be `expired`.
   * @throws SessionStoreError `ERR_STORE_UNAVAILABLE` (503) if the storage throws. It does not mean that the user is logged out.
   */
  open(cookieHeader: string | undefined, now?: number, client?: RestyClient): Promise<RestyOpened>
  /**
   * The Set-Cookie lines that clear its cookies in the browser, for each one in a Cookie header, chunks included. For the
   * end of a migration. `path` and `domain` are its `cookie_path` and `cookie_domain`.
   * @throws SessionConfigError for a path or a domain that browsers reject.
   * @example
   * for (const line of gateway.clearCookies(req.headers.cookie)) res.appendHeader('Set-Cookie', line)
   */
  clearCookies(cookieHeader: string | undefined, at?: Pick<CookieOptions, 'path' | 'domain'>): string[]
}

/**
 * Reads the sessions of lua-resty-session 4, which OpenResty and Kong's Session plugin (since 3.2) use, in a service behind
 * the gateway. The gateway alone renews them. The info store is not read: it is neither encrypted nor authenticated.
 * @throws SessionConfigError naming an option that is missing, unknown, out of range, or in conflict with another.
 * @example
 * const gateway = restySession({ secret, storage: (key, cookieName) => redis.get(`${cookieName}:${key}`) })
 * const { outcome, session } = await gateway.open(req.headers.cookie)
 * if (!session) throw new Error(`not logged in: ${outcome}`)
 */
export function restySession(options: RestyOptions): RestySessions {
  const resolved = resolveRestyOptions(options)
  const cookieNames = [resolved.session, resolved.remember].flatMap((cookie) => (cookie ? namesOf(cookie.name) : []))
  const reader = new Reader(resolved, new Set(cookieNames))
  return {
    cookieNames,
    open: (cookieHeader, now = Date.now(), client = {}) => reader.open(cookieHeader, now, client),
    clearCookies: (cookieHeader, at = {}) => reader.clearCookies(cookieHeader, at),
  }
}

interface Request {
  cookies: Cookies
  now: number
  client: RestyClient
}

class Reader {
  constructor(
    private readonly options: ResolvedRestyOptions,
    private readonly cookieNames: ReadonlySet<string>,
  ) {}

  async open(cookieHeader: string | undefined, now: number, client: RestyClient): Promise<RestyOpened> {
    // The reference counts whole seconds: both must agree at every instant.
    const request = { cookies: this.cookiesIn(cookieHeader), now: Math.floor(now / 1000) * 1000, client }
    const { outcome, session } = await this.openFirst(request)
    if (!session) return { outcome } as RestyOpened
    const slot = session.slots.find(({ audience }) => audience === this.options.audience)
    return slot ? ({ outcome, session: { ...session, slot } } as RestyOpened) : { outcome: 'none' }
  }

  clearCookies(cookieHeader: string | undefined, at: Pick<CookieOptions, 'path' | 'domain'>): string[] {
    return [...this.cookiesIn(cookieHeader).keys()].map((name) => {
      // Browsers accept a name with a prefix from a Secure cookie only.
      const options = { ...at, name, secure: name.startsWith('__'), httpOnly: false, sameSite: 'default' } as const
      return clearCookieLine(resolveCookie(options))
    })
  }

  private cookiesIn(cookieHeader: string | undefined): Cookies {
    return readCookies(cookieHeader, (name) => this.cookieNames.has(name))
  }

  /** The session cookie first. The remember cookie counts only if that one opens no session, of any audience. */
  private async openFirst(request: Request): Promise<Opened> {
    const opened = await this.openCookie(this.options.session, request)
    if (opened.session || !this.options.remember) return opened
    const { session } = await this.openCookie(this.options.remember, request)
    return session ? { outcome: 'restored', session } : opened
  }

  private async openCookie(cookie: RestyCookie, request: Request): Promise<Opened> {
    const value = firstOf(request.cookies, cookie.name)
    if (value === undefined) return { outcome: 'none' }
    const header = readHeader(value.slice(0, HEADER_CHARACTERS))
    if (!header) return { outcome: 'malformed' }
    const stored = (header.flags & FLAG.storage) !== 0
    const inCookies = stored ? '' : joinPayload(request.cookies, cookie.name, value, header.size)
    if (inCookies === undefined || (stored && value.length > HEADER_CHARACTERS)) return { outcome: 'malformed' }

    const key = await this.keyOf(header, request.client)
    // As in the reference: another storage mode ends every session.
    if (stored !== (this.options.storage !== undefined)) return { outcome: 'rejected' }
    if (!key) return this.notAuthentic(cookie, header, inCookies)
    if (cookie.safety && header.idlingOffset !== 0) return { outcome: 'rejected' }
    const clock = verdict(header, cookie.clocks, request.now)
    if (clock === 'ahead') return { outcome: 'rejected' }
    if (clock !== 'alive') return { outcome: `expired:${clock}` }

    const payload = stored ? await this.fetch(cookie, header) : inCookies
    if (payload === undefined) return { outcome: 'unknown' }
    const slots = await this.slotsOf(payload, header, key, cookie)
    if (!slots) return { outcome: 'rejected' }
    const session = {
      id: base64url(header.sid),
      createdAt: header.startedAt,
      renewedAt: header.renewedAt,
      touchedAt: header.touchedAt,
      remaining: remaining(header, cookie.clocks, request.now),
      slots,
    }
    return { outcome: 'resumed', session }
  }

  private async keyOf(header: RestyHeader, client: RestyClient): Promise<RestyKey | undefined> {
    const binding = await bindingOf(header.flags, client)
    for (const key of this.options.keys) if (await key.authenticates(header, binding)) return key
    return undefined
  }

  /** A forged cookie, or one bound to another client: the payload is authenticated on its own, and tells which. */
  private async notAuthentic(cookie: RestyCookie, header: RestyHeader, inCookies: string): Promise<Opened> {
    // The payload key of a remember cookie can take a million iterations: a forged cookie must not cost that.
    if (!isBound(header.flags) || cookie.safety) return { outcome: 'rejected' }
    const payload = this.options.storage ? await this.fetch(cookie, header) : inCookies
    for (const key of payload ? this.options.keys : []) {
      if (await this.slotsOf(payload!, header, key, cookie)) return { outcome: 'mismatch' }
    }
    return { outcome: 'rejected' }
  }

  /** The payload in the storage: undefined if there is no entry, empty if the entry is malformed. */
  private async fetch(cookie: RestyCookie, { sid }: RestyHeader): Promise<string | undefined> {
    const { hashStorageKey, storage } = this.options
    const key = hashStorageKey ? new Uint8Array(await crypto.subtle.digest('SHA-256', sid)) : sid
    let text: string | null | undefined
    try {
      text = await storage!(base64url(key), cookie.name)
    } catch (error) {
      const message = 'The storage of lua-resty-session failed.'
      throw new SessionStoreError('ERR_STORE_UNAVAILABLE', 'read', undefined, message, error)
    }
    if (text == null) return undefined
    try {
      const [payload] = parseJson(text) as [unknown]
      return typeof payload === 'string' ? payload : ''
    } catch {
      return ''
    }
  }

  private async slotsOf(
    payload: string,
    header: RestyHeader,
    key: RestyKey,
    { safety }: RestyCookie,
  ): Promise<RestySlot[] | undefined> {
    const encrypted = payload.length === header.size ? bytesOf(payload) : undefined
    const clear = encrypted && (await key.decrypt(encrypted, header, safety))
    if (!clear) return undefined
    try {
      return await readSlots(clear, (header.flags & FLAG.deflated) !== 0)
    } catch {
      return undefined
    }
  }
}
