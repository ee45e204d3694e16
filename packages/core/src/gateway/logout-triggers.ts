import { checkChoice, checkKnown, checkType } from '../check'
import { SessionConfigError } from '../errors'
import type { HttpCarrier } from '../http/carrier'

/** What makes a request a logout (Kong `logout_*`). */
export interface LogoutTriggers {
  /** Which methods may log out. Default POST and DELETE: a GET would let any page's image log a visitor out. */
  methods?: readonly ('GET' | 'POST' | 'DELETE')[]
  /** The query argument that asks for it, with any value or none. Default `session_logout`. */
  queryArg?: string
  /** The member of a parsed body that asks for it. Default `session_logout`. */
  postArg?: string
  /** Whether a body is looked at, if the framework has parsed one. Default false (Kong `read_body_for_logout`). */
  readBody?: boolean
}

/** Whether a request asks to be logged out; `body` is what was parsed, if it was: an object, `FormData`, `URLSearchParams`. */
export type IsLogout = (request: Pick<HttpCarrier, 'method' | 'url'>, body?: unknown) => boolean

/**
 * Recognises logout requests: the method is one of those, and the query or (where that is asked for) the body has the
 * argument. What to do then is one line: `await session.logout()`, which answers well without a session too.
 * @throws SessionConfigError for an option that is unknown or of a wrong kind.
 */
export function logoutTriggers(options: LogoutTriggers = {}): IsLogout {
  checkKnown('logout.', options, ['methods', 'queryArg', 'postArg', 'readBody'])
  checkType('logout.queryArg', options.queryArg, 'string')
  checkType('logout.postArg', options.postArg, 'string')
  checkType('logout.readBody', options.readBody, 'boolean')
  const {
    methods = ['POST', 'DELETE'],
    queryArg = 'session_logout',
    postArg = 'session_logout',
    readBody = false,
  } = options
  if (!Array.isArray(methods)) throw new SessionConfigError('logout.methods', 'must be a list')
  for (const method of methods) checkChoice('logout.methods', method, ['GET', 'POST', 'DELETE'])
  return ({ method, url }, body) => {
    if (!methods.some((allowed) => allowed === method)) return false
    const query = url.indexOf('?')
    if (query >= 0 && new URLSearchParams(url.slice(query).split('#')[0]).has(queryArg)) return true
    return readBody && hasMember(body, postArg)
  }
}

/** Web standards parse a form into something to be asked, frameworks into a plain object. */
function hasMember(body: unknown, name: string): boolean {
  if (typeof body !== 'object' || body === null) return false
  const { has } = body as Partial<URLSearchParams>
  return typeof has === 'function' ? has.call(body, name) : Object.hasOwn(body, name)
}
