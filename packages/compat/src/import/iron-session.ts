import { defaults, unseal } from 'iron-webcrypto'
import { type OptionTable, ofType, own, readOptions, SessionConfigError } from '#check'
import {
  cookieName,
  keys,
  type OldData,
  objectIn,
  type SessionSource,
  SOURCE,
  type SourceOptions,
  settingsOf,
} from './source'

/** Options of {@link ironSession}. */
export interface IronSessionOptions extends SourceOptions {
  /** `cookieName` of iron-session. */
  name: string
  /** `password` of iron-session: a text, or a map of ids to texts. */
  password: string | Readonly<Record<string, string>>
  /**
   * Whether what a cookie holds is a session. Everything that was sealed with the same password opens too: a link for a login by
   * mail, made with `sealData`, is no session.
   * @example
   * accept: (data) => data.kind === undefined && typeof data.user?.id === 'number'
   */
  accept: (data: OldData) => boolean
}

const OPTIONS = {
  name: { kind: cookieName, required: true },
  password: { kind: keys, required: true },
  accept: { kind: ofType('function'), required: true },
  ...SOURCE,
} satisfies OptionTable<IronSessionOptions>

/** iron-session 9 splits a long seal: `name.0` to `name.3`. */
const MAX_CHUNKS = 4

/**
 * Sessions in a cookie of iron-session 8 or 9, which have one format.
 * @example
 * ironSession({
 *   name: 'session',
 *   password: process.env.OLD_PASSWORD!,
 *   accept: (data) => data.purpose === undefined,
 *   subject: (data) => data.user?.id,
 *   until: '2027-01-31',
 * })
 * @throws SessionConfigError naming the option that is missing, unknown or wrong.
 */
export function ironSession(options: IronSessionOptions): SessionSource {
  const { name, password, accept, ...rest } = readOptions('ironSession.', options, OPTIONS)
  const passwords = passwordsOf(password)
  const chunks = Array.from({ length: MAX_CHUNKS }, (_, i) => `${name}.${i}`)
  return {
    name: `ironSession ${name}`,
    names: (cookies) => [name, ...chunks].filter((each) => cookies.has(each)),
    async open(cookies) {
      const missing = chunks.findIndex((chunk) => !cookies.has(chunk))
      const parts = chunks.slice(0, missing < 0 ? MAX_CHUNKS : missing).map((chunk) => cookies.get(chunk))
      const opened = await unsealed(cookies.get(name) || parts.join(''), passwords)
      if (!opened) return undefined
      const { data, ...session } = opened
      return { key: session.key, read: () => (accept(data) === true ? { data, endsAt: session.endsAt } : undefined) }
    },
    end: undefined,
    options: settingsOf(rest),
  }
}

function passwordsOf(password: unknown): Record<string, string> {
  // Own members only: the id of a password comes from the client's cookie.
  const map = own<Record<string, string>>(typeof password === 'string' ? { 1: password } : Object(password))
  const all = Object.values(map)
  if (all.length > 0 && all.every((each) => typeof each === 'string' && each.length >= 32)) return map
  throw new SessionConfigError(
    'ironSession.password',
    'must be a text of at least 32 characters, or a map of ids to them',
  )
}

/** `Fe26.2*<password id>*<salt>*<iv>*<text>*<end>*<salt>*<mac>~2`. Other versions keep the data in another place. */
const SEAL = /^(Fe26\.2\*\w*\*[0-9a-f]{64}\*[\w-]{22}\*[\w-]+\*(\d*))\*[0-9a-f]{64}\*[\w-]{43}~2$/

async function unsealed(value: string, passwords: Record<string, string>) {
  const [, signed, end] = SEAL.exec(value) ?? []
  if (signed === undefined) return undefined
  try {
    const content = await unseal(value.slice(0, -2), passwords, defaults)
    const data = objectIn(JSON.stringify(content))
    // The part that the MAC covers, letter by letter: the MAC itself can be written in more than one way.
    return data && { key: signed, data, endsAt: end ? Number(end) : undefined }
  } catch {
    return undefined
  }
}
