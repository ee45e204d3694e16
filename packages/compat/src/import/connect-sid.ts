import { type OptionTable, own, readOptions } from '#check'
import { type LegacyRows, legacyRows } from '#legacy'
import { isSigned } from './signature'
import {
  cookieName,
  keys,
  keysOf,
  type OldSession,
  type SessionSource,
  SOURCE,
  type SourceOptions,
  settingsOf,
} from './source'

/** Options of {@link connectSid}. */
export interface ConnectSidOptions extends SourceOptions {
  /**
   * `name` of express-session, `cookieName` of @fastify/session.
   * @default 'connect.sid'
   */
  name?: string
  /** The `secret` of that library, or its list. Short ones are accepted. */
  secrets: string | Uint8Array | readonly (string | Uint8Array)[]
  /** Where the sessions are: {@link redisRows}, {@link postgresRows}, or rows of your own. */
  rows: LegacyRows
}

const OPTIONS = {
  name: { kind: cookieName, default: 'connect.sid' },
  secrets: { kind: keys, required: true },
  rows: { kind: legacyRows, required: true },
  ...SOURCE,
} satisfies OptionTable<ConnectSidOptions>

/**
 * Sessions of express-session or @fastify/session, in connect-redis, connect-pg-simple or another store.
 * @example
 * connectSid({
 *   secrets: process.env.OLD_SECRET!,
 *   rows: redisRows(client),
 *   subject: (data) => data.passport?.user,
 *   until: '2027-01-31',
 * })
 * @throws SessionConfigError naming the option that is missing, unknown or wrong.
 */
export function connectSid(options: ConnectSidOptions): SessionSource {
  const { name, secrets: given, rows, ...rest } = readOptions('connectSid.', options, OPTIONS)
  const secrets = keysOf('connectSid.secrets', given)
  return {
    name: `connectSid ${name}`,
    names: (cookies) => (cookies.has(name) ? [name] : []),
    open(cookies) {
      const sid = sidOf(decoded(cookies.get(name)), secrets)
      return sid === undefined ? undefined : { key: sid, read: () => read(rows, sid) }
    },
    end: (sid) => rows.end(sid),
    options: settingsOf(rest),
  }
}

async function read(rows: LegacyRows, sid: string): Promise<OldSession | undefined> {
  const found = await rows.read(sid)
  if (!found) return undefined
  const { session, expiresAt } = own(found)
  const { cookie, ...data } = own(session)
  const { expires } = own<{ expires?: unknown }>(typeof cookie === 'object' && cookie !== null ? cookie : {})
  const end = typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  return { data, endsAt: expiresAt ?? (Number.isNaN(end) ? undefined : end) }
}

/** Both libraries write the value encoded. */
function decoded(value: string | undefined): string {
  try {
    return decodeURIComponent(value ?? '')
  } catch {
    return ''
  }
}

/** The session id in a signed value: `s:<id>.<signature>`, without `s:` from @fastify/session. */
function sidOf(value: string, secrets: readonly (string | Uint8Array)[]): string | undefined {
  const signed = value.startsWith('s:') ? value.slice(2) : value
  const dot = signed.lastIndexOf('.')
  if (dot < 1) return undefined
  const sid = signed.slice(0, dot)
  const form = (mac: Buffer) => mac.toString('base64').replace(/=+$/, '')
  return isSigned(sid, signed.slice(dot + 1), secrets, 'sha256', form) ? sid : undefined
}
