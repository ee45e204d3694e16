import { type OptionTable, ofType, readOptions } from '#check'
import { cookieName, type OldCookie, type SessionSource, SOURCE, type SourceOptions, settingsOf } from './source'

/** Options of {@link foreign}. */
export interface ForeignOptions extends SourceOptions {
  /** The cookie's name. */
  name: string
  /**
   * Opens a cookie, as it came and not decoded. Undefined for one that is not genuine. What it throws counts as an outage of
   * the old store: 503, and nothing is lost.
   */
  open: (value: string) => OldCookie | undefined | Promise<OldCookie | undefined>
  /**
   * Ends the session of a key where it is kept.
   * @default none: the session is in its cookie alone
   */
  end?: (key: string) => Promise<unknown>
}

const OPTIONS = {
  name: { kind: cookieName, required: true },
  open: { kind: ofType('function'), required: true },
  end: { kind: ofType('function') },
  ...SOURCE,
} satisfies OptionTable<ForeignOptions>

/**
 * Sessions of any other library, by a function that opens its cookie.
 * @example
 * foreign({
 *   name: 'sid',
 *   open: (value) => (/^[0-9a-f]{64}$/.test(value) ? { key: value, read: () => sessionOf(value) } : undefined),
 *   end: (key) => removeSession(key),
 *   subject: (data) => data.user,
 *   until: '2027-01-31',
 * })
 * @throws SessionConfigError naming the option that is missing, unknown or wrong.
 */
export function foreign(options: ForeignOptions): SessionSource {
  const { name, open, end, ...rest } = readOptions('foreign.', options, OPTIONS)
  return {
    name: `foreign ${name}`,
    names: (cookies) => (cookies.has(name) ? [name] : []),
    open: (cookies) => open(cookies.get(name) ?? ''),
    end,
    options: settingsOf(rest),
  }
}
