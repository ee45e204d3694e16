import type { SessionOutcome } from '../events/outcome'
import type { FreshnessOptions } from '../record/freshness'
import type { ClockName } from '../record/timeouts'

/** What `login` may be told besides the subject. */
export interface LoginOptions {
  /**
   * The name of this session in lists of the subject's sessions, such as a device.
   * @default none
   */
  label?: string
  /**
   * Whether remember-me restores the login after the session has ended. False ends an earlier remember-me.
   * True needs the option `remember`.
   * @default `remember.everyLogin`, which is false
   */
  remember?: boolean
  /**
   * Which keys of `data` an anonymous visitor keeps. Name them if `data` has a CSRF secret or an OAuth `state`:
   * the attacker who planted the anonymous session knows them (session fixation, OWASP ASVS 5.0, 7.2.4). The same subject keeps all of
   * its data, and another subject starts empty.
   * @default all
   */
  keep?: readonly string[]
  /**
   * How strongly the subject was authenticated: a whole number of at least 1, on a scale of the application's own, such as 1 for
   * a password and 2 for a second factor. `session.level` and {@link Session.requireFresh} read it. To step up, log in the same
   * subject again with a higher level. Each login states its own level, and each logout, and remember-me, loses it.
   * @default none
   */
  level?: number
  /**
   * Seconds without activity after which the session ends: more than 0, at most `timeouts.longest`. See
   * {@link Session.setIdle}. Each login states its own.
   * @default `timeouts.idle`
   */
  idle?: number
}

/** What `regenerate` may be told. */
export interface RegenerateOptions {
  /**
   * Whether to go on with an empty session: without data and without a subject, under a new token. A session with a subject
   * ends for this application, as by `logout`, and what follows has another id.
   * @default false
   */
  empty?: boolean
}

/**
 * One request's view of its session: facts to read, `data` to change, and methods to await.
 *
 * The methods take effect at once, and also store what was changed in `data` before. Calls within one request run one
 * after another, and the response waits for those that are running. They throw `ERR_SESSION_USAGE` at once for wrong
 * arguments, and reject with
 * - `ERR_SESSION_WITHHELD` (403) if the browser withheld the cookie (outcome `withheld`), but for `login`, `logout` and
 *   `destroy`;
 * - `ERR_SESSION_ENDED` (409) if the session has ended, or its token was replaced, during this request;
 * - `ERR_STORE_UNAVAILABLE` (503) if the store fails, `ERR_STORE_CONFLICT` (503) if too many requests write to the session;
 * - `ERR_SESSION_HEADERS_SENT` if they must send a cookie and the response headers are sent.
 *
 * A request that outlives its response (a WebSocket, a stream) keeps the token it came with, and no newer one can reach it.
 * With a store, its `update`, `save` and `touch` go on by the session's id: until the session ends, until this application
 * leaves it, or until a login or `regenerate` in another request.
 */
export interface Session<Data = Record<string, unknown>> {
  /**
   * This request's own copy of what this application keeps in the session; empty for a new one. Read it, assign to it,
   * change it in place. Changes are found per top-level key and stored before the response headers leave, unless the
   * status is 500 or above. Changes of other requests to other keys are kept. Values are what JSON can hold. A change that is not
   * stored (with such a status, after the headers, after the client left) is the event `change-dropped`.
   * @example
   * req.session.data.cart = [...(req.session.data.cart ?? []), 'tea']
   * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE`, when the change is stored, for a value that JSON cannot hold.
   */
  data: Partial<Data>
  /**
   * The session's public id: safe to log, gives no access. A new session has the id that it will be stored under. As long as
   * nothing is stored, there is no session to come back to, and each request of the visitor has another id: a CSRF token that is bound
   * to it fails. Keep the token in `data`: that begins the session. In cookie mode a login changes the id.
   * @example
   * app.get('/form', (req, res) => res.render('form', { csrf: (req.session.data.csrf ??= crypto.randomUUID()) }))
   */
  readonly id: string
  /** Why opening the request yielded a session, or none. */
  readonly outcome: SessionOutcome
  /** Whether nothing is stored for this application yet. */
  readonly isNew: boolean
  /** Who is logged in, as given to {@link login}; undefined if no one is. */
  readonly subject: string | undefined
  /** The application that this part of the session belongs to: the manager's `audience`. */
  readonly audience: string
  /** When the session began, epoch ms; undefined for a new one. */
  readonly createdAt: number | undefined
  /** When the subject logged in, epoch ms; undefined if no one is logged in, and after remember-me. */
  readonly authenticatedAt: number | undefined
  /** The `level` that the login stated; undefined if it stated none, if no one is logged in, and after remember-me. */
  readonly level: number | undefined
  /** The session's own lifetime in seconds, as `login` or {@link setIdle} has set it; undefined for `timeouts.idle`. */
  readonly idle: number | undefined
  /**
   * Whole seconds until each clock runs out, and until the nearest one does; Infinity for a clock that is off. They are those
   * after the response: a touch or a renewal that is due counts as done.
   */
  readonly remaining: Readonly<Record<ClockName | 'nearest', number>>
  /**
   * Reads, changes and writes one key as one atomic step, and yields the new value. `fn` gets the stored value (undefined
   * if there is none) and returns the new one, or a promise of it; undefined removes the key. It runs again if another
   * request was faster. With a store its time counts towards `storeTimeout`. It must not await a method of the same
   * session: each would wait for the other.
   * @example
   * const visits = await req.session.update('visits', (n = 0) => n + 1)
   * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` for a value that JSON cannot hold.
   */
  update<Key extends keyof Data & string>(
    key: Key,
    fn: (value: Data[Key] | undefined) => Data[Key] | undefined | Promise<Data[Key] | undefined>,
  ): Promise<Data[Key] | undefined>
  /**
   * Logs in `subject` under a new token, without grace for the old one (OWASP ASVS 7.2.4), and restarts the absolute
   * clock. An anonymous visitor (see `keep`) and the same subject keep their `data`; another subject starts empty. If the session has
   * ended during the request, a new one begins. If the request sent several valid session cookies, this application leaves
   * all the other sessions.
   * @example
   * await req.session.login(user.id, { label: 'Firefox on Linux', remember: true })
   * @throws SessionLimitError `ERR_SESSION_LIMIT` if the subject has `maxPerSubject` sessions and `onLimit` is `refuse`.
   */
  login(subject: string, options?: LoginOptions): Promise<void>
  /**
   * Throws unless the login is as fresh as `options` ask. Call it before a change of password, email address or second factor
   * (OWASP ASVS 5.0, 7.5.1), or before a highly sensitive operation (7.5.3). It returns at once: it has nothing to await. The
   * adapters have a guard of the same name for whole routes.
   * @example
   * req.session.requireFresh({ within: 300 })           // logged in during the last five minutes
   * req.session.requireFresh({ within: 300, level: 2 }) // and with a second factor
   * @throws SessionNotFreshError `ERR_SESSION_NOT_FRESH` (401), with the reason.
   * @throws SessionStoreError if the store was down when the request began: no one has to log in because of that.
   * @throws SessionUsageError `ERR_SESSION_USAGE` for wrong options, and if they ask for nothing.
   */
  requireFresh(options: FreshnessOptions): void
  /**
   * Gives the session a new token at once, without grace for the old one. Does nothing if there is no session yet.
   * @example
   * await req.session.regenerate({ empty: true }) // nothing of it is left, and a new one may begin
   */
  regenerate(options?: RegenerateOptions): Promise<void>
  /** Stores the changes in `data` now instead of at the end of the response. Does nothing without changes. */
  save(): Promise<void>
  /**
   * Reads the session again: `data` has what is stored, and changes that are not stored are dropped. Each request opens its
   * session, so this is for one that lasts, such as a WebSocket. In cookie mode the cookie is what is stored: it checks that the
   * session has not ended. A new session has empty `data` again.
   */
  reload(): Promise<void>
  /**
   * Gives the session a lifetime of its own: it ends after so many seconds without activity, more than 0 and at most
   * `timeouts.longest`; undefined for `timeouts.idle` again. Where that is longer than `timeouts.rolling`, rolling is as long
   * for this session; `timeouts.absolute` stays. The session gets a new token, so that a persistent cookie lives as long, unless
   * the response headers are sent. Stored with what was changed in `data`. Does nothing if there is no session and no change.
   * @example
   * await req.session.setIdle(req.body.keepMe ? 30 * 86_400 : undefined)
   */
  setIdle(seconds: number | undefined): Promise<void>
  /** Restarts the idle clock now. Does not wait for `timeouts.touchThreshold`. Does nothing if there is no session yet. */
  touch(): Promise<void>
  /**
   * Logs out of this application: removes its part of the session, and ends the remember-me. The session itself ends when
   * its last application is logged out. Clears or replaces the cookie, also if there is no session. If the request sent
   * several valid session cookies, leaves those sessions, too. Resolves if the session has already ended.
   */
  logout(): Promise<void>
  /**
   * Ends the session for all applications and all copies of its token (in cookie mode: with `revocations`), and its
   * remember-me. Clears the cookies, also if there is no session. If the request sent several valid session cookies, this
   * application leaves the other sessions.
   * @throws SessionStoreError with the id, if the store fails. The session may live on, so try again with `revoke(id)`.
   */
  destroy(): Promise<void>
}
