import { CookieJar } from '@sojourn/session-testing'
import type { Client } from 'undici'

/** The measured kinds of request. `expired` is a read with the cookie of a session that has ended. */
export const requestKinds = ['read', 'change', 'login', 'anonymous', 'expired'] as const
export type RequestKind = (typeof requestKinds)[number]

const methods = {
  read: 'GET',
  change: 'PUT',
  login: 'POST',
  anonymous: 'GET',
  expired: 'GET',
  logout: 'DELETE',
} as const

/** A client with its own cookies, which checks every response: a server must not be fast because it fails. */
export class Visitor {
  #jar = new CookieJar()
  #header: string | undefined
  #visits = 0

  /** @param remembered whether the server has sessions. One without them gives the answers of a first visit. */
  constructor(private readonly remembered: boolean) {}

  /** Sends one request and takes over the cookies of its response. @throws an Error for a response that is not the right one. */
  async send(client: Client, kind: RequestKind | 'logout'): Promise<void> {
    const method = methods[kind]
    const headers = this.#header === undefined ? {} : { cookie: this.#header }
    const response = await client.request({ path: '/', method, headers })
    const text = await response.body.text()
    const expected = this.#expected(kind)
    if (response.statusCode !== 200 || text !== expected) {
      throw new Error(`${kind}: expected 200 ${expected}, received ${response.statusCode} ${text}`)
    }
    const lines = [response.headers['set-cookie'] ?? []].flat()
    if (kind === 'login' && this.remembered && lines.length === 0) throw new Error('login: received no cookie')
    if (kind === 'anonymous' && lines.length > 0) throw new Error(`anonymous: received the cookie ${lines}`)
    if (kind === 'expired' || lines.length === 0) return // An expired cookie is sent again and again.
    this.#jar.take(lines)
    this.#header = this.#jar.header
  }

  #expected(kind: RequestKind | 'logout'): string {
    if (kind === 'change') return JSON.stringify({ visits: this.remembered ? ++this.#visits : 1 })
    if (kind === 'login' || kind === 'logout') return '{"ok":true}'
    return JSON.stringify({ name: kind === 'read' || !this.remembered ? 'ada' : null })
  }
}

/** A browser of each of several people, none of whom has a cookie yet. */
export const newVisitors = (count: number, remembered: boolean): Visitor[] =>
  Array.from({ length: count }, () => new Visitor(remembered))
