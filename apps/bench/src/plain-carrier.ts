import type { HttpCarrier } from '@sojourn/session-core'

/** A request and its response as plain objects: what is timed is the session, and not what carries it. */
export interface PlainCarrier extends HttpCarrier {
  /** The cookie that the response sets, as the next request sends it; undefined where it sets none. */
  readonly cookie: string | undefined
}

export function plainCarrier(cookie?: string): PlainCarrier {
  const response: Record<string, string[]> = {}
  return {
    method: 'GET',
    url: '/',
    secure: true,
    ip: '127.0.0.1',
    statusCode: 200,
    headersSent: false,
    aborted: false,
    requestHeader: (name) => (name === 'cookie' ? cookie : undefined),
    responseHeader: (name) => response[name.toLowerCase()] ?? [],
    setResponseHeader(name, values) {
      response[name.toLowerCase()] = values
    },
    get cookie() {
      const [line] = response['set-cookie'] ?? []
      return line?.slice(0, line.indexOf(';'))
    },
  }
}
