import { CookieJar } from '@sojourn/session-testing'

/** A response, read completely. */
export interface Reply {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the tests check the demo's answers.
  readonly json: any
  readonly headers: Headers
  /** The Set-Cookie lines, but for that of the marker beside the session cookie. */
  readonly cookies: string[]
}

/** A client with a cookie jar. */
export class Visitor {
  constructor(
    readonly url: string,
    readonly jar = new CookieJar(),
  ) {}

  async send(method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}): Promise<Reply> {
    const cookie = this.jar.header
    const response = await fetch(`${this.url}${path}`, {
      method,
      body,
      // A kept connection could be closed for being idle just as the next request is sent.
      headers: { connection: 'close', ...headers, ...(cookie ? { cookie } : {}) },
    })
    const lines = response.headers.getSetCookie()
    this.jar.take(lines)
    const cookies = lines.filter((line) => !/^[^=]*-at=/.test(line))
    return { status: response.status, json: await response.json(), headers: response.headers, cookies }
  }

  /** Logs in under the path of a storage. */
  logIn(storage: string, credentials = 'admin:sojourn'): Promise<Reply> {
    return this.send('POST', `/${storage}/auth`, undefined, { authorization: basic(credentials) })
  }

  /** Another client with a copy of the current cookies, at another address of the demo if one is given. */
  copy(url = this.url): Visitor {
    return new Visitor(url, this.jar.copy())
  }
}

export const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`
