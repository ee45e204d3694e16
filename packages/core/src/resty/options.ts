import { checkChoice, checkKnown, checkNumber, checkType } from '../check'
import type { TimeoutOptions } from '../config/options'
import { SessionConfigError } from '../errors'
import { COOKIE_NAME } from '../http/cookie'
import type { TimeoutPolicy } from '../record/timeouts'
import { isPartOf } from './cookies'
import { ITERATIONS, type RememberSafety, RestyKey } from './keys'

/**
 * Fetches what lua-resty-session keeps in its storage: the text as it lies there (`["<payload>"]`), null or undefined where
 * there is none. `key` is the key without prefix and suffix (`hashStorageKey` says which), `cookieName` the namespace:
 * its Redis key is `[prefix:]cookieName:key[:suffix]`, its Postgres row the one with that `sid`.
 */
export type RestyStorage = (
  key: string,
  cookieName: string,
) => string | null | undefined | Promise<string | null | undefined>

/** Remember-me as lua-resty-session makes it. */
export interface RestyRemember {
  /** Default `remember` (`cookie_prefix` and `remember_cookie_name`). Not the session's, nor that of one of its chunks. */
  cookieName?: string
  /** Must be what the sessions were made with: the cookie does not say. Default `Medium` (`remember_safety`). */
  safety?: RememberSafety
  /** Seconds since its last use. Default 604800 (`remember_rolling_timeout`); 0 for no limit. */
  rolling?: number
  /** Seconds since it was first made. Default 2592000 (`remember_absolute_timeout`); 0 for no limit. */
  absolute?: number
}

/** What {@link restySession} takes: the values that lua-resty-session, or Kong's Session plugin, is configured with. */
export interface RestyOptions {
  /** Its `secret`, of any length. One of `secret` and `ikm` is required. */
  secret?: string | Uint8Array
  /** Its `secret_fallbacks`: older secrets that sessions may still be made with. Default none. */
  secretFallbacks?: readonly (string | Uint8Array)[]
  /** Its `ikm`, exactly 32 bytes, in place of a secret. */
  ikm?: Uint8Array
  /** Its `ikm_fallbacks`, of 32 bytes each. Default none. */
  ikmFallbacks?: readonly Uint8Array[]
  /** Its `cookie_name`, with the `cookie_prefix` before it. Default `session`. */
  cookieName?: string
  /** Whose slot `session.slot` is. Default `default`. */
  audience?: string
  /** Seconds, 0 for a clock that is off. Default `idle` 900, `rolling` 3600, `absolute` 86400, whichever are given. */
  timeouts?: Pick<TimeoutOptions, 'idle' | 'rolling' | 'absolute'>
  /** Where it keeps payloads, if not in cookies. As there, sessions of the other kind are then `rejected`. Default cookies. */
  storage?: RestyStorage
  /** Its `hash_storage_key`. Default false. */
  hashStorageKey?: boolean
  /** Whether a remember cookie opens where the session's does not, and how. Default false. */
  remember?: boolean | RestyRemember
}

/** One kind of cookie, and how it is read. */
export interface RestyCookie {
  readonly name: string
  readonly clocks: TimeoutPolicy
  /** Only for a remember cookie. */
  readonly safety: RememberSafety | undefined
}

/** {@link RestyOptions}, checked and filled in. */
export interface ResolvedRestyOptions {
  /** The newest first. */
  readonly keys: readonly RestyKey[]
  readonly session: RestyCookie
  readonly remember: RestyCookie | undefined
  readonly audience: string
  readonly storage: RestyStorage | undefined
  readonly hashStorageKey: boolean
}

/** @throws SessionConfigError naming the first option that is missing, unknown, out of range, or at odds with another. */
export function resolveRestyOptions(options: RestyOptions): ResolvedRestyOptions {
  checkKnown('', options, [
    ...['secret', 'secretFallbacks', 'ikm', 'ikmFallbacks', 'cookieName', 'audience', 'timeouts'],
    ...['storage', 'hashStorageKey', 'remember'],
  ])
  const { cookieName = 'session', audience = 'default', timeouts = {}, storage, hashStorageKey = false } = options
  checkKnown('timeouts.', timeouts, ['idle', 'rolling', 'absolute'])
  checkName('cookieName', cookieName)
  checkType('audience', audience, 'string')
  checkType('storage', storage, 'function')
  checkType('hashStorageKey', hashStorageKey, 'boolean')
  checkType('remember', options.remember, 'boolean', 'object')
  const { idle = 900, rolling = 3600, absolute = 86_400 } = timeouts
  const session = { name: cookieName, clocks: clocks('timeouts', idle, rolling, absolute), safety: undefined }
  const remember = options.remember ? resolveRemember(options.remember) : undefined
  if (remember && (isPartOf(remember.name, cookieName) || isPartOf(cookieName, remember.name))) {
    throw new SessionConfigError('remember.cookieName', 'must differ from cookieName, and from the names of its chunks')
  }
  return { keys: resolveKeys(options), session, remember, audience, storage, hashStorageKey }
}

function resolveRemember(options: true | RestyRemember): RestyCookie {
  const given = options === true ? {} : options
  const { cookieName: name = 'remember', safety = 'Medium', rolling = 604_800, absolute = 2_592_000 } = given
  checkKnown('remember.', given, ['cookieName', 'safety', 'rolling', 'absolute'])
  checkName('remember.cookieName', name)
  checkChoice('remember.safety', safety, Object.keys(ITERATIONS))
  return { name, clocks: clocks('remember', 0, rolling, absolute), safety }
}

function checkName(option: string, name: unknown): void {
  checkType(option, name, 'string')
  if (!COOKIE_NAME.test(name as string))
    throw new SessionConfigError(option, 'is not a cookie name (RFC 6265: a token)')
}

function clocks(option: string, idle: number, rolling: number, absolute: number): TimeoutPolicy {
  for (const [name, seconds] of Object.entries({ idle, rolling, absolute }))
    checkNumber(`${option}.${name}`, seconds, 0)
  // Nothing is renewed or touched by a reader.
  const never = { renewAfter: 0, staleTtl: 0, touchThreshold: 0 }
  return { idle: idle * 1000, rolling: rolling * 1000, absolute: absolute * 1000, ...never }
}

function resolveKeys({ secret, secretFallbacks = [], ikm, ikmFallbacks = [] }: RestyOptions): RestyKey[] {
  if (ikm !== undefined && secret !== undefined) {
    throw new SessionConfigError('ikm', 'is given, and so is a secret: the session was made with one of them')
  }
  if (ikm === undefined && secret === undefined) {
    throw new SessionConfigError('secret', 'is missing: pass the one that lua-resty-session or Kong is configured with')
  }
  const secrets = (secret === undefined ? [] : [secret]).concat(secretFallbacks)
  const materials = (ikm === undefined ? [] : [ikm]).concat(ikmFallbacks)
  return [
    ...materials.map((bytes) => new RestyKey({ ikm: rawBytes(bytes) })),
    ...secrets.map((text) => new RestyKey({ secret: secretBytes(text) })),
  ]
}

function rawBytes(ikm: unknown): Uint8Array<ArrayBuffer> {
  if (ikm instanceof Uint8Array && ikm.length === 32) return Uint8Array.from(ikm)
  throw new SessionConfigError('ikm', 'must be exactly 32 bytes, a Uint8Array; a text is a secret')
}

function secretBytes(secret: unknown): Uint8Array<ArrayBuffer> {
  if (typeof secret === 'string' && secret !== '') return Uint8Array.from(new TextEncoder().encode(secret))
  if (secret instanceof Uint8Array && secret.length > 0) return Uint8Array.from(secret)
  throw new SessionConfigError('secret', 'must be a string or bytes, and not empty')
}
