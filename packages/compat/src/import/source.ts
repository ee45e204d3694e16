import { anything, type Kind, type OptionTable, type OptionValues, ofType, SessionConfigError } from '#check'

/** What an old session keeps, as the library that began it shows it. */
// biome-ignore lint/suspicious/noExplicitAny: data of other packages, read by functions that name its keys
export type OldData = { readonly [key: string]: any }

/** Options of every source. */
export interface SourceOptions {
  /**
   * Until when old sessions are imported. From then on their cookies are cleared and log no one in. Take the day of the switch plus
   * the longest life of an old session, plus one day: a date without a time is its first minute, UTC.
   * @example
   * until: '2027-01-31'
   */
  until: Date | string
  /**
   * Who is logged in: a string or a number, or nothing if no one is. If it throws, no session begins, and the old cookie is kept.
   * @example
   * subject: (data) => data.passport?.user
   */
  subject: (data: OldData) => unknown
  /**
   * What becomes `session.data`. If it throws, no session begins, and the old cookie is kept.
   * @default everything but what the library keeps for itself
   */
  data?: (data: OldData) => object
  /**
   * Whether the data of a visitor who is not logged in is imported too.
   * @default false
   */
  anonymous?: boolean
  /**
   * The cookie's `Path`, to clear it.
   * @default '/'
   */
  path?: string
  /**
   * The cookie's `Domain`, to clear it.
   * @default none
   */
  domain?: string
}

/** An old session that a cookie proves. */
export interface OldSession {
  /** What it keeps. */
  readonly data: OldData
  /** When it ends by its own rules, epoch ms. Default: at `until`. */
  readonly endsAt?: number | undefined
  /** When its cookie was made, epoch ms. Default: not known. */
  readonly issuedAt?: number | undefined
}

/** An old cookie that is genuine. */
export interface OldCookie {
  /**
   * Names the session, the same in every copy of this cookie, however it is written: refuse a cookie whose encoding can be
   * varied and is not the library's own. A secret that no one can guess: who knows it is given the session that follows.
   */
  readonly key: string
  /** Reads the session. Undefined if it is over, or is not accepted. */
  read(): Promise<OldSession | undefined> | OldSession | undefined
}

/** Sessions of one library under one cookie: what {@link connectSid} and the others return, for {@link importFrom}. */
export interface SessionSource {
  /** Tells sources apart: two may not have the same. */
  readonly name: string
  /** The cookies of a request that belong to it. */
  names(cookies: ReadonlyMap<string, string>): string[]
  /** Undefined for a cookie that does not open. */
  open(cookies: ReadonlyMap<string, string>): Promise<OldCookie | undefined> | OldCookie | undefined
  /** Ends a session at its source. Undefined if it lives in its cookie alone: the cookie then changes with every save. */
  readonly end: ((key: string) => Promise<unknown>) | undefined
  /** What the source was made with. */
  readonly options: SourceSettings
}

/** The options of every source, checked. */
export interface SourceSettings {
  /** Epoch ms. */
  readonly until: number
  /** Who an old session belongs to; undefined for a visitor who is not logged in. */
  readonly subject: (data: OldData) => unknown
  /** What becomes `session.data`; undefined for all of the old data. */
  readonly data: ((data: OldData) => object) | undefined
  /** Whether visitors who are not logged in keep their data. */
  readonly anonymous: boolean
  /** The path of the old cookie. */
  readonly path: string
  /** The domain of the old cookie; undefined if it had none. */
  readonly domain: string | undefined
}

const instant: Kind = (option, value) => {
  if (!Number.isNaN(instantOf(value))) return
  throw new SessionConfigError(option, "must be a Date, or a text that Date can read: '2027-01-31'")
}

const instantOf = (value: unknown): number =>
  value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN

const attribute: Kind = (option, value) => {
  ofType('string')(option, value)
  if (/[\p{Cc};,\s]/u.test(value as string))
    throw new SessionConfigError(option, 'is not a value of a cookie attribute')
}

/** A cookie's name. */
export const cookieName: Kind = (option, value) => {
  ofType('string')(option, value)
  // The tokens of RFC 9110, section 5.6.2; koa-session had a colon in its default.
  if (!/^[\w!#$%&'*+\-.^`|~:]+$/.test(value as string))
    throw new SessionConfigError(option, 'is not the name of a cookie')
}

/** The rows of the options that every source has. */
export const SOURCE = {
  until: { kind: instant, required: true },
  subject: { kind: ofType('function'), required: true },
  data: { kind: ofType('function') },
  anonymous: { kind: ofType('boolean'), default: false },
  path: { kind: attribute, default: '/' },
  domain: { kind: attribute },
} satisfies OptionTable<SourceOptions>

/** Keys to verify or open old cookies with: one, or a list. Old ones may be short. */
export const keysOf = (option: string, given: unknown): (string | Uint8Array)[] => {
  const keys = Array.isArray(given) ? given : [given]
  const isKey = (key: unknown) => (typeof key === 'string' || key instanceof Uint8Array) && key.length > 0
  if (keys.length > 0 && keys.every(isKey)) return keys
  throw new SessionConfigError(option, 'must be a text, bytes, or a list of them, and none is empty')
}

/** For options that are checked by {@link keysOf}. */
export const keys: Kind = anything

/** What a source does with its checked options. */
export const settingsOf = ({ until, ...values }: OptionValues<SourceOptions, typeof SOURCE>): SourceSettings => ({
  ...values,
  until: instantOf(until),
})

/** The JSON object in a text. Undefined for any other text. A key that would change the prototype is left out. */
export function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text, (key, item) => (key === '__proto__' ? undefined : item))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
