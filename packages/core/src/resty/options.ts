import { checkChoice, checkKnown, checkNumber, checkType } from '../check'
import type { TimeoutOptions } from '../config/session-options'
import { SessionConfigError } from '../errors'
import { COOKIE_NAME } from '../http/cookie'
import type { TimeoutPolicy } from '../record/timeouts'
import { namesOf } from './cookies'
import { ITERATIONS, type RememberSafety, RestyKey } from './keys'

/**
 * Reads an entry of lua-resty-session's storage. Returns its text (`["<payload>"]`), or null or undefined if there is none.
 * `key` is the session's id, or its hash with `hashStorageKey`; `cookieName` is the namespace. In Redis the key is
 * `[prefix:]cookieName:key[:suffix]`; in Postgres the row's `sid` is `key`.
 * @example
 * const storage: RestyStorage = (key, cookieName) => redis.get(`${cookieName}:${key}`)
 */
export type RestyStorage = (
  key: string,
  cookieName: string,
) => string | null | undefined | Promise<string | null | undefined>

/** How to read the remember cookie of lua-resty-session. */
export interface RestyRemember {
  /**
   * Its `remember_cookie_name`, with its `cookie_prefix` before it. It must differ from the session cookie and its chunks.
   * @default 'remember'
   */
  cookieName?: string
  /**
   * Its `remember_safety`. It must be the value that the cookies were made with, because they do not contain it.
   * @default 'Medium'
   */
  safety?: RememberSafety
  /**
   * Its `remember_rolling_timeout`, in seconds since the last use; 0 for no limit.
   * @default 604_800
   */
  rolling?: number
  /**
   * Its `remember_absolute_timeout`, in seconds since the login; 0 for no limit.
   * @default 2_592_000
   */
  absolute?: number
}

/** Options of {@link restySession}: the values that lua-resty-session, or Kong's Session plugin, is configured with. */
export interface RestyOptions {
  /**
   * Its `secret`, of any length. Either `secret` or `ikm` is required.
   * @default none
   */
  secret?: string | Uint8Array
  /**
   * Its `secret_fallbacks`: older secrets, which some sessions may still use.
   * @default none
   */
  secretFallbacks?: readonly (string | Uint8Array)[]
  /**
   * Its `ikm`, exactly 32 bytes, instead of a secret.
   * @default none
   */
  ikm?: Uint8Array
  /**
   * Its `ikm_fallbacks`, 32 bytes each.
   * @default none
   */
  ikmFallbacks?: readonly Uint8Array[]
  /**
   * Its `cookie_name`, with its `cookie_prefix` before it.
   * @default 'session'
   */
  cookieName?: string
  /**
   * Its `audience`: the application that `session.slot` belongs to.
   * @default 'default'
   */
  audience?: string
  /**
   * Its timeouts, in seconds; 0 switches one off.
   * @default { idle: 900, rolling: 3600, absolute: 86_400 }
   */
  timeouts?: Pick<TimeoutOptions, 'idle' | 'rolling' | 'absolute'>
  /**
   * How to read its storage. Leave it out if it keeps sessions in cookies; a session of the other kind is `rejected`.
   * @default none
   */
  storage?: RestyStorage
  /**
   * Its `hash_storage_key`.
   * @default false
   */
  hashStorageKey?: boolean
  /**
   * Whether a remember cookie opens a session if the session cookie does not, and how.
   * @default false
   */
  remember?: boolean | RestyRemember
}

/** How to read one kind of cookie. */
export interface RestyCookie {
  readonly name: string
  readonly clocks: TimeoutPolicy
  /** Only of a remember cookie. */
  readonly safety: RememberSafety | undefined
}

/** {@link RestyOptions} after the checks, with all defaults. */
export interface ResolvedRestyOptions {
  /** The current one first. */
  readonly keys: readonly RestyKey[]
  readonly session: RestyCookie
  readonly remember: RestyCookie | undefined
  readonly audience: string
  readonly storage: RestyStorage | undefined
  readonly hashStorageKey: boolean
}

/** @throws SessionConfigError naming an option that is missing, unknown, out of range, or in conflict with another. */
export function resolveRestyOptions(given: RestyOptions): ResolvedRestyOptions {
  const options = checkKnown('', given, [
    ...['secret', 'secretFallbacks', 'ikm', 'ikmFallbacks', 'cookieName', 'audience', 'timeouts'],
    ...['storage', 'hashStorageKey', 'remember'],
  ])
  const { cookieName = 'session', audience = 'default', timeouts = {}, storage, hashStorageKey = false } = options
  checkName('cookieName', cookieName)
  checkType('audience', audience, 'string')
  checkType('storage', storage, 'function')
  checkType('hashStorageKey', hashStorageKey, 'boolean')
  checkType('remember', options.remember, 'boolean', 'object')
  const clockNames = ['idle', 'rolling', 'absolute']
  const { idle = 900, rolling = 3600, absolute = 86_400 } = checkKnown('timeouts.', timeouts, clockNames)
  const session = { name: cookieName, clocks: clocks('timeouts', idle, rolling, absolute), safety: undefined }
  const remember = options.remember ? resolveRemember(options.remember) : undefined
  if (remember && (namesOf(cookieName).includes(remember.name) || namesOf(remember.name).includes(cookieName))) {
    throw new SessionConfigError('remember.cookieName', 'must differ from cookieName and the names of its chunks')
  }
  return { keys: resolveKeys(options), session, remember, audience, storage, hashStorageKey }
}

function resolveRemember(options: true | RestyRemember): RestyCookie {
  const given = options === true ? {} : options
  const known = checkKnown('remember.', given, ['cookieName', 'safety', 'rolling', 'absolute'])
  const { cookieName: name = 'remember', safety = 'Medium', rolling = 604_800, absolute = 2_592_000 } = known
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
  // A reader renews and touches nothing.
  const never = { renewAfter: 0, staleTtl: 0, graceFrom: 'renewal', touchThreshold: 0, longest: 0 } as const
  return { idle: idle * 1000, rolling: rolling * 1000, absolute: absolute * 1000, ...never }
}

function resolveKeys({ secret, secretFallbacks = [], ikm, ikmFallbacks = [] }: RestyOptions): RestyKey[] {
  if (ikm !== undefined && secret !== undefined) {
    throw new SessionConfigError('ikm', 'is given together with secret: pass the one that sessions are made with')
  }
  if (ikm === undefined && secret === undefined) {
    throw new SessionConfigError('secret', 'is missing: pass the secret of lua-resty-session or Kong')
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
  throw new SessionConfigError('ikm', 'must be a Uint8Array of exactly 32 bytes; pass text as secret')
}

function secretBytes(secret: unknown): Uint8Array<ArrayBuffer> {
  if (typeof secret === 'string' && secret !== '') return Uint8Array.from(new TextEncoder().encode(secret))
  if (secret instanceof Uint8Array && secret.length > 0) return Uint8Array.from(secret)
  throw new SessionConfigError('secret', 'must be a string or bytes that are not empty')
}
