import { randomBytes } from 'node:crypto'
import { createSessionManager, type TimeoutOptions } from '@sojourn/session-core'
import { readKongConf } from './kong-conf'

/** The settings from the environment, checked. */
export interface Settings {
  /** Express listens here, Koa on the next port, Fastify on the one after; 0 for three free ones. */
  readonly port: number
  /** The three clocks, in seconds. By default short enough to watch. */
  readonly timeouts: TimeoutOptions
  readonly secret: string
  /** Whether the secret was generated for this run, so that a restart ends all sessions. */
  readonly secretIsRandom: boolean
  /** Whether cookies are `Secure`, with the prefix `__Host-`. */
  readonly secureCookies: boolean
  /** The Redis to use; if undefined, the demo starts one. */
  readonly redisUrl: string | undefined
  /** The Postgres to use; if undefined, PGlite runs in the demo's process. */
  readonly postgresUrl: string | undefined
  /** Where PGlite keeps its files; if undefined, in memory. */
  readonly pgliteDirectory: string | undefined
  /** Kong Manager's `admin_gui_session_conf`, for a login at `/auth` like Kong's; if undefined, there is none. */
  readonly kongConf: string | undefined
  /** Kong Manager's `admin_gui_url`: the origin whose pages may use `/auth` with credentials; if undefined, none. */
  readonly kongOrigin: string | undefined
}

/** The three clocks for an idle clock of so many seconds: the others keep their proportions, so that all of them visibly run. */
export const clocksFor = (idle: number) => ({ idle, rolling: 4 * idle, absolute: 20 * idle })

/** A setting is wrong. The message names the variable. */
export class SettingError extends Error {}

/** Reads the settings; an empty variable counts as unset. @throws SettingError for the first one that is wrong. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const { SESSION_SECRET, REDIS_URL, POSTGRES_URL, PGLITE_DIR } = env
  return {
    port: readPort(env.PORT || '3000'),
    timeouts: readTimeouts(env),
    secret: SESSION_SECRET ? checkSecret(SESSION_SECRET) : randomBytes(48).toString('base64'),
    secretIsRandom: !SESSION_SECRET,
    secureCookies: readFlag('COOKIE_SECURE', env.COOKIE_SECURE || 'true'),
    redisUrl: REDIS_URL && checkUrl('REDIS_URL', REDIS_URL, ['redis:', 'rediss:']),
    postgresUrl: POSTGRES_URL && checkUrl('POSTGRES_URL', POSTGRES_URL, ['postgres:', 'postgresql:']),
    pgliteDirectory: PGLITE_DIR || undefined,
    kongConf: readKongSetting(env, 'ADMIN_GUI_SESSION_CONF', checkKongConf),
    kongOrigin: readKongSetting(env, 'ADMIN_GUI_URL', checkOrigin),
  }
}

function readPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  // The two ports after it are used as well.
  if (port <= 65_533) return port
  throw wrong('PORT', text, 'a whole number from 0 to 65533')
}

function readTimeouts(env: Record<string, string | undefined>): TimeoutOptions {
  const read = (variable: string) => (env[variable] ? readSeconds(variable, env[variable]) : undefined)
  const [idle, rolling, absolute] = ['IDLE', 'ROLLING', 'ABSOLUTE'].map(read)
  const usual = clocksFor(idle || 60)
  return { idle: idle ?? usual.idle, rolling: rolling ?? usual.rolling, absolute: absolute ?? usual.absolute }
}

function readSeconds(variable: string, text: string): number {
  const seconds = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && Number.isFinite(seconds)) return seconds
  throw wrong(variable, text, 'a number of seconds, or 0 to switch this clock off')
}

// No message repeats it, because it is a secret.
function checkSecret(secret: string): string {
  if (Buffer.byteLength(secret) < 32) {
    throw new SettingError('SESSION_SECRET must have at least 32 bytes: openssl rand -base64 48')
  }
  try {
    createSessionManager({ secret })
    return secret
  } catch (error) {
    throw new SettingError(`SESSION_SECRET must be another one: ${(error as Error).message}`)
  }
}

/** A setting of Kong: `KONG_` and its name, as Kong reads it, or the name alone. */
function readKongSetting(
  env: Record<string, string | undefined>,
  name: string,
  check: (variable: string, text: string) => string,
): string | undefined {
  const [short, long] = [env[name], env[`KONG_${name}`]]
  if (short && long && short !== long) throw new SettingError(`KONG_${name} and ${name} differ: set one of them`)
  if (long) return check(`KONG_${name}`, long)
  return short ? check(name, short) : undefined
}

function checkKongConf(variable: string, conf: string): string {
  try {
    readKongConf(conf)
    return conf
  } catch (error) {
    throw new SettingError(`${variable}: ${(error as Error).message}`)
  }
}

function checkOrigin(variable: string, text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text
  throw wrong(variable, text, 'an origin, such as https://manager.example.org')
}

function readFlag(variable: string, text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw wrong(variable, text, 'true or false')
}

function checkUrl(variable: string, text: string, protocols: string[]): string {
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text
  // The message does not repeat it, because it may contain a password.
  throw new SettingError(`${variable} must be a URL that begins with ${protocols[0]}//`)
}

const wrong = (variable: string, text: string, expected: string) =>
  new SettingError(`${variable} must be ${expected}, and is ${JSON.stringify(text)}`)
