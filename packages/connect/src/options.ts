import type { SessionOptions, SessionStore } from '@sojourn/session-core'
import { type SealedRows, type SealedRowsOptions, sealedRows } from '@sojourn/session-core/rows'
import { anything, numberFrom, type OptionTable, ofType, readOptions, SessionConfigError } from '#check'
import { type LegacyRows, legacyRows } from './legacy/legacy-rows'

/**
 * What the option `subject` is called with. Passport and others keep data in the session that the library's types do not
 * know, so every key can be read.
 */
// biome-ignore lint/suspicious/noExplicitAny: data of other packages, read by one function that names its keys
export type SubjectData<Data> = Data & { readonly [key: string]: any }

/** Options of `sojournStore`. */
export interface SojournStoreOptions<Data = Record<string, unknown>>
  extends Pick<
    SessionOptions,
    'secret' | 'audience' | 'codec' | 'maxBytes' | 'storeTimeout' | 'circuitBreaker' | 'onEvent' | 'clock'
  > {
  /** Where sessions are kept: `redisStore(client)`, `postgresStore(pool)` or `memoryStore()`. */
  store: SessionStore
  /**
   * Whose session this is: a string or a number, or nothing if no one is logged in. It is called with a session's data, and must
   * not change it. `list` and `revokeAll` need it.
   * @default none
   * @example
   * subject: (data) => data.passport?.user
   */
  subject?: (data: SubjectData<Data>) => unknown
  /**
   * Sessions of the store before this one: {@link redisRows} for connect-redis, {@link postgresRows} for connect-pg-simple.
   * Each is read once, becomes a session here, and is deleted there.
   * @default none
   */
  readLegacy?: LegacyRows
  /**
   * How long a session lives whose cookie has no `maxAge`, in seconds since its last request.
   * @default 86400, as with connect-redis and connect-pg-simple
   */
  ttl?: number
}

const OPTIONS = {
  secret: { kind: anything },
  store: { kind: anything },
  subject: { kind: ofType('function') },
  readLegacy: { kind: legacyRows },
  ttl: { kind: numberFrom(1), unit: 'seconds', default: 86_400 },
  audience: { kind: anything },
  codec: { kind: anything },
  maxBytes: { kind: anything },
  storeTimeout: { kind: anything },
  circuitBreaker: { kind: anything },
  onEvent: { kind: anything },
  clock: { kind: anything, default: () => Date.now() },
} satisfies OptionTable<SojournStoreOptions>

/** What the options come to; durations in milliseconds. */
export interface Settings {
  readonly rows: SealedRows
  readonly legacy: LegacyRows | undefined
  readonly subject: ((data: Record<string, unknown>) => unknown) | undefined
  readonly ttl: number
  readonly now: () => number
}

/** @throws SessionConfigError naming the option that is missing, unknown or wrong. */
export function resolveOptions(options: SojournStoreOptions): Settings {
  if (!options) throw new SessionConfigError('options', 'are missing: sojournStore(session, { store, secret })')
  const { subject, readLegacy: legacy, ttl, ...rest } = readOptions('', options, OPTIONS)
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const rows = sealedRows({ ...(given as unknown as SealedRowsOptions), kind: 'connect' })
  rows.warnOfMilliseconds({ ttl: ttl / 1000 })
  return { rows, legacy, subject, ttl, now: rest.clock }
}
