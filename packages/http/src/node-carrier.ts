import type { IncomingMessage } from 'node:http'
import type { HttpCarrier } from '@sojourn/session-core'
import type { ResponseCarrier } from './node-response'

/**
 * Whether the client spoke https, and its address, as far as the framework trusts what it was told; and the whole target
 * it asked for, where the framework keeps that elsewhere than on the request.
 */
export type Client = Pick<HttpCarrier, 'secure' | 'ip'> & { readonly originalUrl?: string }

/**
 * A carrier over a node:http request, the response's half that `holdResponse` returns, and who the client is.
 * The target is `originalUrl` where a framework keeps it: routers shorten `url`.
 */
export function nodeCarrier(req: IncomingMessage, response: ResponseCarrier, client: Client): HttpCarrier {
  return {
    method: req.method ?? 'GET',
    url: client.originalUrl ?? (req as { originalUrl?: string }).originalUrl ?? req.url ?? '/',
    secure: client.secure,
    ip: client.ip,
    requestHeader(name) {
      const value = req.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    responseHeader: (name) => response.responseHeader(name),
    setResponseHeader: (name, values) => response.setResponseHeader(name, values),
    get statusCode() {
      return response.statusCode
    },
    get headersSent() {
      return response.headersSent
    },
    get aborted() {
      return response.aborted
    },
  }
}
