import { listOf, type OptionTable, ofType, readOptions } from '../check'
import type { HttpCarrier } from '../http/carrier'

/** Options of {@link logoutTriggers}: what makes a request a logout (Kong `logout_*`). */
export interface LogoutTriggers {
  /**
   * The methods that can log out. Not GET by default: with GET, an image on any page could log a visitor out.
   * @default ['POST', 'DELETE']
   */
  methods?: readonly ('GET' | 'POST' | 'DELETE')[]
  /**
   * The query argument that asks for a logout, with or without a value.
   * @default 'session_logout'
   */
  queryArg?: string
  /**
   * The member of a parsed body that asks for a logout. It is used only with `readBody`.
   * @default 'session_logout'
   */
  postArg?: string
  /**
   * Whether to look at the body (Kong `read_body_for_logout`). Nothing is read from the request here: pass the parsed body.
   * @default false
   */
  readBody?: boolean
}

const OPTIONS = {
  methods: { kind: listOf('GET', 'POST', 'DELETE'), default: ['POST', 'DELETE'] },
  queryArg: { kind: ofType('string'), default: 'session_logout' },
  postArg: { kind: ofType('string'), default: 'session_logout' },
  readBody: { kind: ofType('boolean'), default: false },
} satisfies OptionTable<LogoutTriggers>

/** Whether a request asks for a logout. `body` is the parsed body, if there is one: an object, FormData or URLSearchParams. */
export type IsLogout = (request: Pick<HttpCarrier, 'method' | 'url'>, body?: unknown) => boolean

/**
 * Recognises logout requests: the method is one of `methods`, and the query has `queryArg` or, with `readBody`, the body has
 * `postArg`.
 * @throws SessionConfigError for an option that is unknown or of a wrong type.
 * @example
 * const isLogout = logoutTriggers({ readBody: true })
 * app.post('/auth', async (req, res) => {
 *   if (isLogout(req, req.body)) await req.session.logout() // also without a session: the cookie is cleared
 *   res.end()
 * })
 */
export function logoutTriggers(options: LogoutTriggers = {}): IsLogout {
  const { methods, queryArg, postArg, readBody } = readOptions('logout.', options, OPTIONS)
  return ({ method, url }, body) => {
    if (!methods.some((allowed) => allowed === method)) return false
    const query = url.indexOf('?')
    if (query >= 0 && new URLSearchParams(url.slice(query).split('#')[0]).has(queryArg)) return true
    return readBody && hasMember(body, postArg)
  }
}

/** FormData and URLSearchParams have a method `has`; frameworks parse a body to a plain object. */
function hasMember(body: unknown, name: string): boolean {
  if (typeof body !== 'object' || body === null) return false
  const { has } = body as Partial<URLSearchParams>
  return typeof has === 'function' ? has.call(body, name) : Object.hasOwn(body, name)
}
