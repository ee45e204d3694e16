import { createHmac } from 'node:crypto'
import { type OptionTable, oneOf, own, readOptions } from '#check'
import { isSigned } from './signature'
import {
  cookieName,
  keys,
  keysOf,
  type OldSession,
  objectIn,
  type SessionSource,
  SOURCE,
  type SourceOptions,
  settingsOf,
} from './source'

/** Options of {@link keygripCookie}. */
export interface KeygripCookieOptions extends SourceOptions {
  /** The cookie's name: `koa.sess` by default with koa-session (`koa:sess` before version 7), `session` with cookie-session. */
  name: string
  /** `app.keys` of Koa, `keys` of cookie-session. Short ones are accepted. */
  keys: string | Uint8Array | readonly (string | Uint8Array)[]
  /** The algorithm of the signature. Keygrip's default is SHA-1, which has to be named here. */
  algorithm: 'sha1' | 'sha256' | 'sha384' | 'sha512'
}

const OPTIONS = {
  name: { kind: cookieName, required: true },
  keys: { kind: keys, required: true },
  algorithm: { kind: oneOf('sha1', 'sha256', 'sha384', 'sha512'), required: true },
  ...SOURCE,
} satisfies OptionTable<KeygripCookieOptions>

/**
 * Sessions in a cookie of koa-session or cookie-session: base64 JSON, with a second cookie that signs it.
 * @example
 * keygripCookie({
 *   name: 'koa.sess',
 *   keys: [process.env.OLD_KEY!],
 *   algorithm: 'sha1',
 *   subject: (data) => data.user,
 *   until: '2027-01-31',
 * })
 * @throws SessionConfigError naming the option that is missing, unknown or wrong.
 */
export function keygripCookie(options: KeygripCookieOptions): SessionSource {
  const { name, keys: given, algorithm, ...rest } = readOptions('keygripCookie.', options, OPTIONS)
  const secrets = keysOf('keygripCookie.keys', given)
  const [first] = secrets
  return {
    name: `keygripCookie ${name}`,
    names: (cookies) => [name, `${name}.sig`].filter((each) => cookies.has(each)),
    open(cookies) {
      const signed = `${name}=${unquoted(cookies.get(name) ?? '')}`
      if (!isSigned(signed, unquoted(cookies.get(`${name}.sig`) ?? ''), secrets, algorithm, form)) return undefined
      const text = Buffer.from(signed.slice(name.length + 1), 'base64').toString()
      // The first key's signature, also where an older key has signed: so a session has one key. It cannot be guessed.
      const key = `${signed}.${form(createHmac(algorithm, first!).update(signed).digest())}`
      return { key, read: () => sessionIn(text) }
    },
    end: undefined,
    options: settingsOf(rest),
  }
}

/** koa-session keeps the end and the life of the cookie beside the data. */
function sessionIn(text: string): OldSession | undefined {
  const session = objectIn(text)
  if (!session) return undefined
  const { _expire: endsAt, _maxAge: life, _session, ...data } = own(session)
  if (typeof endsAt !== 'number') return { data }
  return { data, endsAt, issuedAt: typeof life === 'number' ? endsAt - life : undefined }
}

const form = (mac: Buffer): string => mac.toString('base64url')

const unquoted = (value: string): string => (value.startsWith('"') ? value.slice(1, -1) : value)
