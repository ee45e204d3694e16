import type { SessionOutcome } from '../persistence/persistence'
import type { ClockName } from '../record/timeouts'

/** How a login is remembered. */
export interface LoginOptions {
  /** What this session is called when the subject's sessions are listed: a device, a browser. Default none. */
  label?: string
  /**
   * Whether the login outlives the session by remember-me. False ends an earlier one. Default `remember.everyLogin`, which
   * is false; true needs the option `remember`.
   */
  remember?: boolean
}

/**
 * One request's view of its session. Facts are read from it, changes are made through `data` and the awaited methods.
 *
 * Awaited methods take effect at once and carry along what was changed in `data` before. They reject with
 * `ERR_SESSION_ENDED` (409) where the session ended, or its token was replaced, while the request was under way, with
 * `ERR_STORE_UNAVAILABLE` (503) where the store fails, and with `ERR_SESSION_HEADERS_SENT` where a cookie would have to
 * follow headers that are gone. Several at once within a request run one after another, and the response waits for those
 * that are under way. Arguments of a wrong kind throw `ERR_SESSION_USAGE` at once.
 */
export interface Session<Data = Record<string, unknown>> {
  /**
   * This request's own copy of what this application keeps in the session; empty for a new one. Read it, assign to it,
   * mutate it: changes are found per top-level key and stored before the response's headers leave, unless its status is
   * 500 or above, or tells of a commit that failed. Another request's changes to other keys are kept. Values are what JSON
   * can hold.
   */
  data: Partial<Data>
  /** The session's public name: safe to log, grants nothing. A new session has the one it will be stored under. */
  readonly id: string
  /** Why opening did, or did not, yield a session. */
  readonly outcome: SessionOutcome
  /** Whether nothing is stored for this application yet. */
  readonly isNew: boolean
  /** Who is logged in; undefined for nobody. */
  readonly subject: string | undefined
  /** Which application's slot of the session this is. */
  readonly audience: string
  /** When the session began, epoch ms; undefined for a new one. */
  readonly createdAt: number | undefined
  /** When the subject logged in, epoch ms; undefined for nobody, and after remember-me. */
  readonly authenticatedAt: number | undefined
  /** Whole seconds until each clock runs out, and until the first one does; Infinity where it is switched off. */
  readonly remaining: Readonly<Record<ClockName | 'nearest', number>>
  /**
   * Reads, changes and writes one key as one step: `fn` is given the stored value (undefined for none) and returns, or
   * resolves to, the new one (undefined removes it). It runs again when another request was faster, and counts towards
   * `storeTimeout` with a store. It must not await a method of the same session: each would wait for the other. Yields the
   * new value.
   */
  update<Key extends keyof Data & string>(
    key: Key,
    fn: (value: Data[Key] | undefined) => Data[Key] | undefined | Promise<Data[Key] | undefined>,
  ): Promise<Data[Key] | undefined>
  /**
   * Makes `subject` the one who is logged in, under a new token that no earlier one turns into (OWASP ASVS 7.2.4), and
   * starts the absolute clock. What an anonymous visitor, or the same subject, has in `data` is kept; another subject
   * starts empty. Where the session has ended meanwhile, a new one begins.
   */
  login(subject: string, options?: LoginOptions): Promise<void>
  /** Gives the session a new token at once, without grace for the old one. Nothing where there is no session yet. */
  regenerate(): Promise<void>
  /** Stores what was changed in `data` now instead of at the end. Nothing where nothing changed. */
  save(): Promise<void>
  /** Moves the idle mark now, whatever the touch threshold. Nothing where there is no session yet. */
  touch(): Promise<void>
  /**
   * Leaves this application's slot, and ends the remember-me; the last slot to be left ends the session. Always clears or
   * replaces the cookie.
   */
  logout(): Promise<void>
  /**
   * Ends the session, for every application and every copy of its token (in cookie mode: with `revocations`), and its
   * remember-me. Always clears the cookies, session or not.
   */
  destroy(): Promise<void>
}
