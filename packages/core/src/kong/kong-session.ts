import { checkType, memberOf, own } from '../check'
import { resolveOptions } from '../config/options'
import type { SessionManagerOptions } from '../config/options-of-modes'
import type { SessionOptions } from '../config/session-options'
import { SessionConfigError } from '../errors'
import type { LogoutTriggers } from '../gateway/logout-triggers'
import type { SessionHeader } from '../gateway/session-headers'
import type { CookieOptions } from '../http/cookie'
import { byteLength } from '../seal/bytes'
import type { SessionStore } from '../store/store'
import { type KongConf, type KongSessionConf, type ReadConf, readConf } from './conf'

/** A configuration of Kong, as the options of this package. */
export interface KongSession {
  /** Pass it to `createSessionManager`. */
  readonly options: SessionManagerOptions
  /** Pass it to `logoutTriggers` of `./gateway`. */
  readonly logout: Required<LogoutTriggers>
  /** Names for `forwardedHeaders` (`request`) and `sessionHeaders` (`response`) of `./gateway`. */
  readonly headers: { readonly request: readonly SessionHeader[]; readonly response: readonly SessionHeader[] }
  /** One sentence each for a former name, a short secret, and a value without effect. Safe to log: none quotes a secret. */
  readonly warnings: readonly string[]
}

/** The length that core requires of a secret. The examples in Kong's documentation are shorter. */
const ENOUGH_BYTES = 32
/** Prefixed to a short secret to reach that length. It makes the secret no harder to guess. */
const LENGTHENING = 'admin_gui_session_conf secret, as it stands: '

/**
 * Reads Kong Manager's `admin_gui_session_conf`, as JSON text or as an object, with the defaults of Kong's Session plugin.
 *
 * `overrides` are options of `createSessionManager`. They win over the configuration; `cookie` and `timeouts` are merged
 * with it. `store` and `revocations` are used as the configuration says: `"storage":"kong"` uses the store,
 * `"storage":"cookie"` the revocations.
 *
 * A secret shorter than 32 bytes is accepted, with a warning. Nothing else in this package accepts one.
 * @throws SessionConfigError naming `admin_gui_session_conf.<key>` for a key or value that Kong does not know, a missing
 * secret, and `"storage":"kong"` without a store; naming the option for a wrong override.
 * @example
 * const { options, logout } = kongSession(process.env.KONG_ADMIN_GUI_SESSION_CONF!, { store: redisStore(client) })
 * const sessions = createSessionManager(options)
 * const isLogout = logoutTriggers(logout)
 */
export function kongSession(conf: string | KongSessionConf, overridden: Partial<SessionOptions> = {}): KongSession {
  const read = readConf(conf)
  const overrides = own(overridden, 'overrides')
  for (const name of ['store', 'revocations', 'cookie', 'timeouts'] as const) checkType(name, overrides[name], 'object')
  const { values } = read
  const warnings = [...read.warnings]
  const { store, revocations, secret, cookie, timeouts, ...others } = overrides
  const options: SessionOptions = {
    secret: secret ?? secretOf(read, warnings),
    audience: values.audience ?? 'default',
    cookie: { ...cookieOf(read, warnings), ...defined(cookie) },
    timeouts: {
      idle: values.idling_timeout ?? 900,
      rolling: values.rolling_timeout ?? 3600,
      absolute: values.absolute_timeout ?? 86_400,
      staleTtl: values.stale_ttl ?? 10,
      graceFrom: 'renewal',
      ...defined(timeouts),
    },
    remember: rememberOf(read),
    ...defined(others),
  }
  if (values.storage === 'kong') options.store = storageOf(read, store)
  else if (revocations) options.revocations = revocations
  noteIndex(read, options.store, warnings)
  checkAsWritten(options, read, overrides)
  return {
    options: options as SessionManagerOptions,
    logout: logoutOf(read, warnings),
    headers: { request: values.request_headers ?? [], response: values.response_headers ?? [] },
    warnings,
  }
}

/** Without members that are undefined: an unset variable overrides nothing. */
const defined = <Options extends object>(options: Options | undefined): Partial<Options> =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<Options>

function secretOf({ values, option }: ReadConf, warnings: string[]): string {
  const { secret } = values
  if (!secret) {
    throw new SessionConfigError(
      option('secret'),
      'is missing. Generate one, the same for every process: openssl rand -base64 48',
    )
  }
  const length = byteLength(secret)
  if (length >= ENOUGH_BYTES) return secret
  warnings.push(
    `${option('secret')} has ${length} bytes: with one cookie, a secret this short can be guessed offline. ` +
      'Use at least 32 random bytes: openssl rand -base64 48.',
  )
  return LENGTHENING + secret
}

function cookieOf({ values, option }: ReadConf, warnings: string[]): CookieOptions {
  const cookie: CookieOptions = {
    name: values.cookie_name ?? 'session',
    path: values.cookie_path ?? '/',
    sameSite: (values.cookie_same_site?.toLowerCase() ?? 'strict') as NonNullable<CookieOptions['sameSite']>,
    httpOnly: values.cookie_http_only ?? true,
    secure: values.cookie_secure ?? true,
    // Kong sets no second cookie.
    marker: false,
  }
  if (values.storage !== 'kong') cookie.chunks = 9
  if (values.cookie_domain && values.cookie_domain !== 'localhost') cookie.domain = values.cookie_domain
  if (cookie.sameSite === 'none' && !cookie.secure) {
    cookie.secure = true
    warnings.push(
      `${option('cookie_secure')} is false, but the cookie is Secure: browsers require that for SameSite=None.`,
    )
  }
  return cookie
}

function rememberOf({ values }: ReadConf): SessionOptions['remember'] {
  if (!values.remember) return false
  return {
    everyLogin: true,
    name: values.remember_cookie_name ?? 'remember',
    rolling: values.remember_rolling_timeout ?? 604_800,
    absolute: values.remember_absolute_timeout ?? 2_592_000,
  }
}

function storageOf({ option }: ReadConf, store: SessionStore | undefined): SessionStore {
  if (store) return store
  throw new SessionConfigError(
    option('storage'),
    'is "kong", so pass a store in place of Kong’s database: kongSession(conf, { store: redisStore(client) })',
  )
}

function logoutOf({ values, option }: ReadConf, warnings: string[]): Required<LogoutTriggers> {
  const logout: Required<LogoutTriggers> = {
    methods: values.logout_methods ?? ['POST', 'DELETE'],
    queryArg: values.logout_query_arg ?? 'session_logout',
    postArg: values.logout_post_arg ?? 'session_logout',
    readBody: values.read_body_for_logout ?? false,
  }
  const altered: [key: keyof KongConf, isAltered: boolean][] = [
    ['logout_methods', [...logout.methods].sort().join() !== 'DELETE,POST'],
    ['logout_query_arg', logout.queryArg !== 'session_logout'],
    ['logout_post_arg', logout.postArg !== 'session_logout'],
  ]
  for (const [key, isAltered] of altered) {
    if (!isAltered) continue
    warnings.push(
      `${option(key)} is not the default. Kong Manager needs the default: it logs out with DELETE /auth?session_logout=true.`,
    )
  }
  if (values.logout_post_arg && !logout.readBody) {
    warnings.push(
      `${option('logout_post_arg')} has no effect unless read_body_for_logout is true (as in Kong since 3.5).`,
    )
  }
  return logout
}

function noteIndex({ values, option }: ReadConf, store: SessionStore | undefined, warnings: string[]): void {
  const indexed = store !== undefined && memberOf(store, 'listBySubject') !== undefined
  if (values.store_metadata === true && !indexed) {
    warnings.push(`${option('store_metadata')} has no effect: this store cannot list the sessions of a subject.`)
  }
  if (values.store_metadata === false && indexed) {
    warnings.push(`${option('store_metadata')} is false, but this store always indexes sessions by subject.`)
  }
  if (values.hash_subject === false && indexed) {
    warnings.push(`${option('hash_subject')} is false, but subjects are always hashed.`)
  }
}

const KEY_OF: Readonly<Record<string, keyof KongConf>> = {
  'cookie.name': 'cookie_name',
  'cookie.path': 'cookie_path',
  'cookie.domain': 'cookie_domain',
  'cookie.secure': 'cookie_secure',
  'cookie.httpOnly': 'cookie_http_only',
  'cookie.sameSite': 'cookie_same_site',
  'remember.name': 'remember_cookie_name',
}

/** Reports what core would refuse, by Kong's key if the value comes from the configuration and not from an override. */
function checkAsWritten(options: SessionOptions, { option }: ReadConf, overrides: Partial<SessionOptions>): void {
  try {
    resolveOptions(options)
  } catch (error) {
    if (!(error instanceof SessionConfigError)) throw error
    const [group, name] = error.option.split('.') as ['cookie' | 'remember', string]
    const key = KEY_OF[error.option]
    // An override of `remember` replaces the whole of it.
    const overridden = group === 'remember' ? overrides.remember : overrides.cookie?.[name as keyof CookieOptions]
    if (!key || overridden !== undefined) throw error
    throw new SessionConfigError(option(key), error.message.slice(`${error.option}: `.length))
  }
}
