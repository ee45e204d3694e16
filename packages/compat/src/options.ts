import type { SessionManager } from '@sojourn/session-core'
import { checkKnown, SessionConfigError } from '#check'
import { type CompatEvent, CompatEvents } from './events'

/**
 * What the option `subject` is called with. Passport and others keep data that the library's types do not know, so every key can
 * be read.
 */
// biome-ignore lint/suspicious/noExplicitAny: data of other packages, read by one function that names its keys
export type SubjectData<Data> = Data & { readonly [key: string]: any }

/** The options that all three frameworks have. */
export interface CompatOptions<Data = Record<string, unknown>> {
  /**
   * Who is logged in: a string or a number, or nothing if no one is. It is called with what the session holds, and must not change
   * it. Where a handler changes the result, that is a login, with a new token, or a logout; and `list` and `revokeAll`
   * find the session.
   * @default none: sessions belong to no one
   * @example
   * subject: (data) => data.passport?.user
   */
  subject?: (data: SubjectData<Data>) => unknown
  /**
   * Whether a session is stored that nothing was put into: a row and a cookie for every visitor.
   * @default false
   */
  saveUninitialized?: boolean
  /**
   * Of express-session; has no effect: what did not change is not written.
   * @default none
   */
  resave?: boolean
  /**
   * Of express-session and koa-session; has no effect: every request moves the end of the idle clock.
   * @default none
   */
  rolling?: boolean
  /**
   * Of express-session; has no effect: `req.session = null` ends the session.
   * @default none
   */
  unset?: 'destroy' | 'keep'
  /**
   * Called once for each thing that another library would do and this one does not, see {@link CompatEvent}.
   * @default a warning of the process
   */
  onEvent?: (event: CompatEvent) => void
}

const WITHOUT_EFFECT = {
  resave: 'what did not change is not written',
  rolling: 'every request moves the end of the idle clock',
  unset: 'setting the session to null ends it',
} as const

const KNOWN = ['subject', 'saveUninitialized', 'onEvent', ...Object.keys(WITHOUT_EFFECT)]

/** Options of the other libraries that belong elsewhere here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  __proto__: null as never,
  secret: 'belongs to the manager: createSessionManager({ secret }), at least 32 bytes',
  keys: 'belongs to the manager: createSessionManager({ secret }), at least 32 bytes',
  store: 'belongs to the manager: createSessionManager({ store }), with redisStore(client) or postgresStore(pool)',
  name: 'belongs to the manager: createSessionManager({ cookie: { name } })',
  key: 'belongs to the manager: createSessionManager({ cookie: { name } })',
  cookieName: 'belongs to the manager: createSessionManager({ cookie: { name } })',
  prefix: 'belongs to the store: redisStore(client, { prefix })',
  maxAge: 'belongs to the manager: createSessionManager({ timeouts, cookie: { persistent: true } })',
  proxy: "is the framework's own setting: trust proxy, app.proxy, trustProxy",
  genid: 'is refused: ids are random and public, and a secret in the cookie proves the session. Leave it out',
  idGenerator: 'is refused: ids are random and public, and a secret in the cookie proves the session. Leave it out',
  externalKey: 'is refused: the cookie is a token of ours. Leave it out',
}

function insteadOf(name: string, value: unknown): string | undefined {
  return name === 'cookie' ? insteadOfCookie(value) : ELSEWHERE[name]
}

function insteadOfCookie(value: unknown): string {
  if (typeof value === 'function') return 'as a function is refused: attributes are the same for every request'
  const { secure, sameSite } = Object(value) as { secure?: unknown; sameSite?: unknown }
  if (secure === 'auto') {
    return 'with secure: "auto" is refused: leave secure out, set trust proxy of the framework, and watch for the event cookie-not-kept'
  }
  if (sameSite === 'auto')
    return 'with sameSite: "auto" is refused: choose "strict", "lax" or "none" for the manager\'s cookie'
  return 'belongs to the manager: createSessionManager({ cookie }), with maxAge as timeouts and cookie.persistent'
}

/** What a mount's requests share. */
export interface Settings {
  readonly subject: ((data: Record<string, unknown>) => unknown) | undefined
  readonly saveUninitialized: boolean
  readonly events: CompatEvents
}

/**
 * Checks the options of one mount. `more`: the names of those that the framework's own adapter has. Yields what is left for it.
 * @throws SessionConfigError naming the option that is wrong, unknown, or has its place elsewhere.
 */
export function readSettings(
  call: string,
  sessions: SessionManager<never>,
  given: CompatOptions<never>,
  more: readonly string[],
): { settings: Settings; rest: Record<string, unknown> } {
  if (typeof (sessions as SessionManager | undefined)?.open !== 'function') {
    throw new SessionConfigError(`${call}.sessions`, 'must be the manager that createSessionManager(options) returns')
  }
  const options = checkKnown(`${call}.`, given, [...KNOWN, ...more], { insteadOf })
  const { subject, saveUninitialized = false, onEvent, resave, rolling, unset, ...rest } = options
  for (const [name, value] of Object.entries({ subject, onEvent })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new SessionConfigError(`${call}.${name}`, 'must be a function')
    }
  }
  const events = new CompatEvents(onEvent)
  for (const [name, value] of Object.entries({ resave, rolling, unset })) {
    if (value) events.emit('no-effect', name, `${call}: ${name} has no effect, ${WITHOUT_EFFECT[name as 'unset']}.`)
  }
  if (saveUninitialized) {
    const cost = 'stores a row and sends a cookie for every visitor, robots among them: leave it out if you can.'
    events.emit('costly', 'saveUninitialized', `${call}: saveUninitialized ${cost}`)
  }
  return { settings: { subject: subject as Settings['subject'], saveUninitialized, events }, rest }
}
