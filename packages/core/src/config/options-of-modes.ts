import type { CookieOptions } from '../http/cookie'
import type { SessionStore, SubjectLimit } from '../store/store'
import type { SessionOptions } from './session-options'

declare const refused: unique symbol
/** The type of an option that has no effect without the named one: no value has it. */
export interface OptionNeeds<Option extends string> {
  /** Names the option that is missing. */
  readonly [refused]: Option
}
/** The type of an option that has no effect beside the named one: no value has it. */
export interface OptionNotWith<Option extends string> {
  /** Names the option that it cannot stand beside. */
  readonly [refused]: Option
}

/** Options of a manager that keeps its sessions in sealed cookies. */
export interface CookieModeOptions extends Omit<SessionOptions, 'store' | 'maxPerSubject' | 'onLimit' | 'onReuse'> {
  /**
   * Left out: the sealed cookie holds the session.
   * @default none
   */
  store?: undefined
  /** Needs a store that keeps the order of logins. */
  maxPerSubject?: OptionNeeds<'store'>
  /** Needs a store, and `maxPerSubject`. */
  onLimit?: OptionNeeds<'store'>
  /** Needs a store: a sealed cookie cannot tell that another one has replaced it. */
  onReuse?: OptionNeeds<'store'>
}

/** Options of a manager that keeps its sessions in a store. */
export interface StoreModeOptions
  extends Omit<SessionOptions, 'store' | 'cookie' | 'revocations' | 'compress' | 'maxPerSubject' | 'onLimit'> {
  /** Where sessions live. */
  store: SessionStore
  /**
   * Name and attributes of the cookie.
   * @default a `__Host-session` that is Secure, HttpOnly and Strict
   */
  cookie?: StoreCookieOptions
  /** For cookie mode: a store forgets ended sessions by itself. */
  revocations?: OptionNotWith<'store'>
  /**
   * For cookie mode: with a store the cookie is short.
   * @default false
   */
  compress?: false | OptionNotWith<'store'>
  /** Needs a store that keeps the order of logins. */
  maxPerSubject?: OptionNeeds<'a store with SubjectLimit'>
  /** Needs `maxPerSubject`. */
  onLimit?: OptionNeeds<'maxPerSubject'>
}

/** Options of a manager whose store also bounds how many sessions a subject has. */
export interface LimitedStoreOptions
  extends Omit<StoreModeOptions, 'store' | 'maxPerSubject' | 'onLimit'>,
    Pick<SessionOptions, 'onLimit'> {
  /** Where sessions live, and the order of each subject's logins. */
  store: SessionStore & SubjectLimit
  /** How many sessions a subject may have, a whole number of at least 1; undefined for no limit. */
  maxPerSubject: number | undefined
}

/** The same, where the limit itself may be left out: `onLimit` has no effect then. */
export interface OptionalLimitOptions extends Omit<StoreModeOptions, 'store' | 'maxPerSubject'> {
  /** Where sessions live, and the order of each subject's logins. */
  store: SessionStore & SubjectLimit
  /**
   * How many sessions a subject may have, a whole number of at least 1.
   * @default no limit
   */
  maxPerSubject?: number
}

/** {@link CookieOptions} for store mode, where the cookie holds a short token. */
export interface StoreCookieOptions extends Omit<CookieOptions, 'chunks'> {
  /** For cookie mode: with a store the cookie is short. */
  chunks?: OptionNotWith<'store'>
}

/** The options that go together with a store. */
export type SessionStoreOptions = StoreModeOptions | LimitedStoreOptions | OptionalLimitOptions

/** What {@link createSessionManager} takes: the options that go together. */
export type SessionManagerOptions = CookieModeOptions | SessionStoreOptions
