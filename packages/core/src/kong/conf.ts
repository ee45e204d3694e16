import { checkKnown } from '../check'
import { SessionConfigError } from '../errors'
import type { SessionHeader } from '../gateway/session-headers'
import { parseJson } from '../seal/json'
import { type Reader, readers } from './values'

/**
 * The keys of Kong Manager's `admin_gui_session_conf`, which are those of Kong's Session plugin: 3.2, and what later
 * versions added. Times are in seconds. `null` means the default, as in Kong.
 */
export interface KongConf {
  /** Required. Kong generates a random one if it is missing; that would differ in every process. */
  secret: string
  /**
   * Where sessions are kept. `kong` means the `store` that is passed to {@link kongSession}, in place of Kong's database.
   * @default 'cookie'
   */
  storage: 'cookie' | 'kong'
  /** Which application's part of a shared session this is. @default 'default' */
  audience: string
  /** 0 switches it off. @default 900 */
  idling_timeout: number
  /** 0 switches it off. @default 3600 */
  rolling_timeout: number
  /** 0 switches it off. @default 86400 */
  absolute_timeout: number
  /** How long a replaced token stays valid. @default 10 */
  stale_ttl: number
  /** The name of the session cookie. @default 'session' */
  cookie_name: string
  /** The path whose requests bring the cookie. @default '/' */
  cookie_path: string
  /** None by default. `localhost` also means none. */
  cookie_domain: string
  /** In any case. @default 'Strict' */
  cookie_same_site: 'Strict' | 'Lax' | 'None' | 'Default'
  /** Whether scripts of a page are kept from reading the cookie. @default true */
  cookie_http_only: boolean
  /** Plain http needs false. @default true */
  cookie_secure: boolean
  /** Whether every login is remembered, by a second cookie. @default false */
  remember: boolean
  /** The name of the remember-me cookie. @default 'remember' */
  remember_cookie_name: string
  /** 0 switches it off. @default 604800 */
  remember_rolling_timeout: number
  /** 0 switches it off. @default 2592000 */
  remember_absolute_timeout: number
  /** The `Session-*` headers that the upstream gets. None by default. */
  request_headers: SessionHeader[]
  /** The `Session-*` headers that the client gets. None by default. */
  response_headers: SessionHeader[]
  /** The methods of a request that may log out. @default ['POST', 'DELETE'] */
  logout_methods: ('GET' | 'POST' | 'DELETE')[]
  /** The parameter of the URL that logs out. @default 'session_logout' */
  logout_query_arg: string
  /** The field of a form that logs out. @default 'session_logout' */
  logout_post_arg: string
  /** Kong 3.5. @default false */
  read_body_for_logout: boolean
  /** Kong 3.10: whether sessions are indexed by subject. Here they always are, if the store has an index. */
  store_metadata: boolean
  /** Kong 3.10: whether the index contains hashes instead of names. Here it always does. */
  hash_subject: boolean
}

/** The names of Kong 3.1 and earlier, which 3.2 still accepts. */
export interface KongFormerConf {
  /** Seconds since the renewal. @deprecated Use `rolling_timeout`. */
  cookie_lifetime: number
  /** Seconds since the last activity. @deprecated Use `idling_timeout`. Null means 0. */
  cookie_idletime: number
  /** Seconds for which a replaced token stays valid. @deprecated Use `stale_ttl`. */
  cookie_discard: number
  /** Whether scripts of a page are kept from reading the cookie. @deprecated Use `cookie_http_only`. */
  cookie_httponly: boolean
  /** The attribute SameSite of the cookie. @deprecated Use `cookie_same_site`. `off` means `Lax`. */
  cookie_samesite: 'Strict' | 'Lax' | 'None' | 'off'
  /** Whether every login is remembered. @deprecated Use `remember`. */
  cookie_persistent: boolean
  /** Seconds before the end at which Kong renewed. @deprecated It has no effect: a token is renewed after three quarters of `rolling_timeout`. */
  cookie_renew: number
}

/** What {@link kongSession} accepts: the keys of {@link KongConf} and their former names, each optional or null. */
export type KongSessionConf = {
  [Key in keyof (KongConf & KongFormerConf)]?: (KongConf & KongFormerConf)[Key] | null | undefined
}

/** A configuration after reading: current names, and every value of its type. */
export interface ReadConf {
  readonly values: Partial<KongConf>
  readonly warnings: string[]
  /** A key's name for an error message: with the name of the setting, and as it was written. */
  option(key: keyof KongConf): string
}

const SETTING = 'admin_gui_session_conf'

const READERS: { [Key in keyof KongConf]: Reader<KongConf[Key]> } = {
  secret: readers.secret,
  storage: readers.oneOf('cookie', 'kong'),
  audience: readers.text,
  idling_timeout: readers.seconds,
  rolling_timeout: readers.seconds,
  absolute_timeout: readers.seconds,
  stale_ttl: readers.seconds,
  cookie_name: readers.text,
  cookie_path: readers.text,
  cookie_domain: readers.text,
  cookie_same_site: readers.sameSite,
  cookie_http_only: readers.flag,
  cookie_secure: readers.flag,
  remember: readers.flag,
  remember_cookie_name: readers.text,
  remember_rolling_timeout: readers.seconds,
  remember_absolute_timeout: readers.seconds,
  request_headers: readers.headers,
  response_headers: readers.headers,
  logout_methods: readers.listOf('GET', 'POST', 'DELETE'),
  logout_query_arg: readers.text,
  logout_post_arg: readers.text,
  read_body_for_logout: readers.flag,
  store_metadata: readers.flag,
  hash_subject: readers.flag,
}

const FORMER: { [Key in Exclude<keyof KongFormerConf, 'cookie_renew'>]: keyof KongConf } = {
  cookie_lifetime: 'rolling_timeout',
  cookie_idletime: 'idling_timeout',
  cookie_discard: 'stale_ttl',
  cookie_httponly: 'cookie_http_only',
  cookie_samesite: 'cookie_same_site',
  cookie_persistent: 'remember',
}

/** @throws SessionConfigError naming a key that is unknown, of a wrong type, or given by two names. It never quotes a secret. */
export function readConf(conf: string | KongSessionConf): ReadConf {
  const known = [...Object.keys(READERS), ...Object.keys(FORMER), 'cookie_renew']
  const given = checkKnown(`${SETTING}.`, toObject(conf) as Record<string, unknown>, known)
  const { names, warnings } = translateFormer(given)
  const option = (key: keyof KongConf) => `${SETTING}.${names.get(key) ?? key}`
  const values: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(READERS) as (keyof KongConf)[]) {
    if (given[key] != null) values[key] = READERS[key](option(key), given[key])
  }
  return { values: values as Partial<KongConf>, warnings, option }
}

function toObject(conf: unknown): object {
  const value = typeof conf === 'string' ? parse(conf) : conf
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new SessionConfigError(SETTING, 'must be a JSON object, as text or parsed: {"secret":"…","storage":"kong"}')
}

function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    // The engine's message would quote the text, and the secret with it.
    const at = /position \d+/.exec(String(error))
    throw new SessionConfigError(SETTING, `is not JSON${at ? `, from ${at[0]} on` : ''}`)
  }
}

/** Replaces former names by current ones, in place. `names` tells by which name a key was given. */
function translateFormer(given: Record<string, unknown>) {
  const names = new Map<keyof KongConf, string>()
  const warnings: string[] = []
  for (const [former, key] of Object.entries(FORMER)) {
    const value = translateValue(former, given[former])
    if (value == null) continue
    if (given[key] != null) {
      throw new SessionConfigError(
        `${SETTING}.${former}`,
        `is the former name of ${key}, which is given too: remove it`,
      )
    }
    given[key] = value
    names.set(key, former)
    const read = value === given[former] ? '' : `, with ${String(given[former])} as ${String(value)}`
    warnings.push(`${SETTING}.${former} is the former name of ${key} and was read as that${read}.`)
  }
  if (given.cookie_renew != null) {
    warnings.push(`${SETTING}.cookie_renew has no effect: a token is renewed after three quarters of rolling_timeout.`)
  }
  return { names, warnings }
}

function translateValue(former: string, value: unknown): unknown {
  if (former === 'cookie_idletime' && value === null) return 0
  if (former === 'cookie_samesite' && value === 'off') return 'Lax'
  return value
}
