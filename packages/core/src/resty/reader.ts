import { SessionStoreError } from '../errors'
import { type Cookies, readCookies } from '../http/cookie'
import type { SessionOutcome } from '../persistence/persistence'
import { type ClockName, remaining, verdict } from '../record/timeouts'
import { base64url } from '../seal/bytes'
import { parseJson } from '../seal/json'
import { bindingOf, isBound, type RestyClient } from './client'
import { isPartOf, joinPayload } from './cookies'
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
  readonly remaining: Readonly<Record<ClockName | 'nearest', number>>
  /** The slot of the option `audience`. If it is undefined, the user is not logged in to this application. */
  readonly slot: RestySlot | undefined
  /** The slots of all applications. */
  readonly slots: readonly RestySlot[]
}

/** The result of {@link RestySessions.open}: a session, or the reason why there is none. */
export type RestyOpened =
  /** `restored`: opened by the remember cookie alone, so there may have been no recent login. */
  | { readonly outcome: 'resumed' | 'restored'; readonly session: RestySession }
  | { readonly outcome: Extract<SessionOutcome, Unopened>; readonly session?: undefined }

type Unopened = 'none' | 'malformed' | 'rejected' | 'unknown' | 'mismatch' | `expired:${ClockName}`

/** Reads sessions of lua-resty-session. It never changes, renews or touches one. */
export interface RestySessions {
  /**
   * Opens the session in a Cookie header. `now` is epoch ms and defaults to the present. `client` is the client as OpenResty
   * sees it, for sessions that are bound to one. Bad input is an outcome, never an exception. Only an authentic cookie can
   * be `expired`.
   * @throws SessionStoreError `ERR_STORE_UNAVAILABLE` (503) if the storage throws. It does not mean that the user is logged out.
   */
  open(cookieHeader: string | undefined, now?: number, client?: RestyClient): Promise<RestyOpened>
}

/**
 * Reads the sessions of lua-resty-session 4, which OpenResty and Kong's Session plugin (since 3.2) use, in a service behind
 * the gateway. The gateway alone renews them. The info store is not read: it is neither encrypted nor authenticated.
 * @throws SessionConfigError naming an option that is missing, unknown, out of range, or in conflict with another.
 * @example
 * const gateway = restySession({ secret, storage: (key, cookieName) => redis.get(`${cookieName}:${key}`) })
 * const { outcome, session } = await gateway.open(req.headers.cookie)
 * if (!session?.slot) throw new Error(`not logged in: ${outcome}`)
 */
export function restySession(options: RestyOptions): RestySessions {
  const reader = new Reader(resolveRestyOptions(options))
  return { open: (cookieHeader, now = Date.now(), client = {}) => reader.open(cookieHeader ?? '', now, client) }
}

interface Request {
  cookies: Cookies
  now: number
  client: RestyClient
}

class Reader {
  constructor(private readonly options: ResolvedRestyOptions) {}

  async open(cookies: string, now: number, client: RestyClient): Promise<RestyOpened> {
    // The reference counts whole seconds: both must agree at every instant.
    const request = {
      cookies: readCookies(cookies, (name) => this.isOurs(name)),
      now: Math.floor(now / 1000) * 1000,
      client,
    }
    const opened = await this.openCookie(this.options.session, request)
    if (opened.session || !this.options.remember) return opened
    const { session } = await this.openCookie(this.options.remember, request)
    return session ? { outcome: 'restored', session } : opened
  }

  private isOurs(name: string): boolean {
    const { session, remember } = this.options
    return isPartOf(name, session.name) || (remember !== undefined && isPartOf(name, remember.name))
  }

  /** As for our own sessions: exactly one valid session wins, and two different ones are refused. */
  private async openCookie(cookie: RestyCookie, request: Request): Promise<RestyOpened> {
    let first: RestyOpened | undefined
    const valid = new Map<string, RestyOpened>()
    for (const value of request.cookies.get(cookie.name) ?? []) {
      const opened = await this.openValue(cookie, value, request)
      first ??= opened
      if (opened.session) valid.set(opened.session.id, opened)
    }
    if (valid.size > 1) return { outcome: 'malformed' }
    return [...valid.values()][0] ?? first ?? { outcome: 'none' }
  }

  private async openValue(cookie: RestyCookie, value: string, request: Request): Promise<RestyOpened> {
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
    return { outcome: 'resumed', session: this.sessionOf(header, slots, cookie, request.now) }
  }

  private async keyOf(header: RestyHeader, client: RestyClient): Promise<RestyKey | undefined> {
    const binding = await bindingOf(header.flags, client)
    for (const key of this.options.keys) if (await key.authenticates(header, binding)) return key
    return undefined
  }

  /** A forged cookie, or one bound to another client: the payload is authenticated on its own, and tells which. */
  private async notAuthentic(cookie: RestyCookie, header: RestyHeader, inCookies: string): Promise<RestyOpened> {
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

  private sessionOf(header: RestyHeader, slots: RestySlot[], { clocks }: RestyCookie, now: number): RestySession {
    return {
      id: base64url(header.sid),
      createdAt: header.startedAt,
      renewedAt: header.renewedAt,
      touchedAt: header.touchedAt,
      remaining: remaining(header, clocks, now),
      slot: slots.find(({ audience }) => audience === this.options.audience),
      slots,
    }
  }
}
