import { checkKnown } from '../check'
import { SessionConfigError } from '../errors'
import type { SessionHeader } from '../gateway/session-headers'
import { parseJson } from '../seal/json'
import { type Reader, readers } from './values'

/**
 * The keys of Kong Manager's `admin_gui_session_conf`, which are those of Kong's Session plugin (3.2, and what later
 * versions added). Seconds; `null` is as good as left out.
 */
export interface KongConf {
  /** Required: what Kong's plugin would make up differs in every process. */
  secret: string
  /** `cookie`, the default, or `kong`: the store that is passed in takes the place of Kong's database. */
  storage: 'cookie' | 'kong'
  /** Default `default`. */
  audience: string
  /** Default 900; 0 for none. */
  idling_timeout: number
  /** Default 3600; 0 for none. */
  rolling_timeout: number
  /** Default 86400; 0 for none. */
  absolute_timeout: number
  /** Default 10. */
  stale_ttl: number
  /** Default `session`. */
  cookie_name: string
  /** Default `/`. */
  cookie_path: string
  /** Default none, which is also what the empty text and `localhost` mean. */
  cookie_domain: string
  /** In any case. Default `Strict`. */
  cookie_same_site: 'Strict' | 'Lax' | 'None' | 'Default'
  /** Default true. */
  cookie_http_only: boolean
  /** Default true. Plain http needs false. */
  cookie_secure: boolean
  /** Default false. */
  remember: boolean
  /** Default `remember`. */
  remember_cookie_name: string
  /** Default 604800; 0 for none. */
  remember_rolling_timeout: number
  /** Default 2592000; 0 for none. */
  remember_absolute_timeout: number
  /** Which `Session-*` headers an upstream is sent. Default none. */
  request_headers: SessionHeader[]
  /** Which `Session-*` headers a client is sent. Default none. */
  response_headers: SessionHeader[]
  /** Default `POST` and `DELETE`. */
  logout_methods: ('GET' | 'POST' | 'DELETE')[]
  /** Default `session_logout`. */
  logout_query_arg: string
  /** Default `session_logout`. */
  logout_post_arg: string
  /** Kong 3.5. Default false. */
  read_body_for_logout: boolean
  /** Kong 3.10: whether subjects are indexed. Ours always are, in a store that can. */
  store_metadata: boolean
  /** Kong 3.10: whether the index has hashes in place of names. Ours always has. */
  hash_subject: boolean
}

/** The names of Kong 3.1 and before, which 3.2 still takes. */
export interface KongFormerConf {
  /** @deprecated `rolling_timeout` */
  cookie_lifetime: number
  /** @deprecated `idling_timeout`; null is 0. */
  cookie_idletime: number
  /** @deprecated `stale_ttl` */
  cookie_discard: number
  /** @deprecated `cookie_http_only` */
  cookie_httponly: boolean
  /** @deprecated `cookie_same_site`; `off` is `Lax`. */
  cookie_samesite: 'Strict' | 'Lax' | 'None' | 'off'
  /** @deprecated `remember` */
  cookie_persistent: boolean
  /** @deprecated Without effect: a token is renewed after three quarters of `rolling_timeout`. */
  cookie_renew: number
}

type Optional<Conf> = { [Key in keyof Conf]?: Conf[Key] | null | undefined }

/** What {@link KongConf} and its former names may be written as. */
export type KongSessionConf = Optional<KongConf & KongFormerConf>

/** A configuration that was read: today's names, every value of its kind. */
export interface ReadConf {
  readonly values: Partial<KongConf>
  readonly warnings: string[]
  /** What the reader calls a key, for an error message: with the setting's name before it, and by the name it was given. */
  option(key: keyof KongConf): string
}

const SETTING = 'admin_gui_session_conf'

const READERS: { [Key in keyof KongConf]: Reader<KongConf[Key]> } = {
  secret: readers.text,
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

/** @throws SessionConfigError naming the key that is unknown, of a wrong kind, or given by two names. Never quotes a secret. */
export function readConf(conf: string | KongSessionConf): ReadConf {
  const given: Record<string, unknown> = { ...toObject(conf) }
  checkKnown(`${SETTING}.`, given, [...Object.keys(READERS), ...Object.keys(FORMER), 'cookie_renew'])
  const { names, warnings } = translateFormer(given)
  const option = (key: keyof KongConf) => `${SETTING}.${names.get(key) ?? key}`
  const values: Record<string, unknown> = {}
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
    // The engine's message would quote the text, and with it the secret.
    const at = /position \d+/.exec(String(error))
    throw new SessionConfigError(SETTING, `is not JSON${at ? `, from ${at[0]} on` : ''}`)
  }
}

/** Gives former names today's, in place, and tells by which name each was given. */
function translateFormer(given: Record<string, unknown>) {
  const names = new Map<keyof KongConf, string>()
  const warnings: string[] = []
  for (const [former, key] of Object.entries(FORMER)) {
    const value = translateValue(former, given[former])
    if (value == null) continue
    if (given[key] != null) {
      throw new SessionConfigError(
        `${SETTING}.${former}`,
        `is the former name of ${key}, which is given too: leave it out`,
      )
    }
    given[key] = value
    names.set(key, former)
    const read = value === given[former] ? '' : `, and ${String(given[former])} as ${String(value)}`
    warnings.push(`${SETTING}.${former} is the former name of ${key}, and was read as that${read}.`)
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
