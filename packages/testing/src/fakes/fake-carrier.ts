import type { HttpCarrier } from '@sojourn/session-core'
import type { CookieJar } from './cookie-jar'

/** The request of a {@link fakeCarrier}. */
export interface FakeCarrierOptions {
  /**
   * The method, in capitals.
   * @default 'GET'
   */
  method?: string
  /**
   * Path and query.
   * @default '/'
   */
  url?: string
  /**
   * Whether the client uses https.
   * @default true
   */
  secure?: boolean
  /**
   * The address of the client.
   * @default '127.0.0.1'
   */
  ip?: string | undefined
  /**
   * The Cookie header, or a jar that provides it.
   * @default none
   */
  cookie?: string | CookieJar | undefined
  /**
   * Other request headers, by case-insensitive name.
   * @default { host: 'app.example' }
   */
  headers?: Record<string, string>
  /**
   * The status of the response, which a test may change.
   * @default 200
   */
  statusCode?: number
}

/** A carrier whose response a test can control and inspect. */
export interface FakeCarrier extends HttpCarrier {
  statusCode: number
  headersSent: boolean
  aborted: boolean
  /** The response's Set-Cookie lines so far, for {@link CookieJar.take}. */
  readonly setCookies: string[]
}

/**
 * A request and its response without HTTP, for a manager's `open` and `commit`. Setting a header after `headersSent`
 * throws, as in Node.
 *
 * @example
 * const jar = new CookieJar()
 * const carrier = fakeCarrier({ cookie: jar })
 * const session = await sessions.open(carrier)
 * session.data.cart = ['tea']
 * await sessions.commit(session)
 * jar.take(carrier.setCookies)
 */
export function fakeCarrier(options: FakeCarrierOptions = {}): FakeCarrier {
  const { method = 'GET', url = '/', secure = true, cookie, statusCode = 200 } = options
  const request = new Map([['host', 'app.example']])
  for (const [name, value] of Object.entries(options.headers ?? {})) request.set(name.toLowerCase(), value)
  const cookieHeader = typeof cookie === 'object' ? cookie.header : cookie
  const response = new Map<string, string[]>()
  const carrier: FakeCarrier = {
    method,
    url,
    secure,
    ip: 'ip' in options ? options.ip : '127.0.0.1',
    statusCode,
    headersSent: false,
    aborted: false,
    requestHeader: (name) => (name === 'cookie' ? cookieHeader : request.get(name)),
    responseHeader: (name) => [...(response.get(name.toLowerCase()) ?? [])],
    setResponseHeader(name, values) {
      if (carrier.headersSent) throw new Error(`${name} was set after the headers were sent`)
      response.set(name.toLowerCase(), [...values])
    },
    get setCookies() {
      return carrier.responseHeader('set-cookie')
    },
  }
  return carrier
}
