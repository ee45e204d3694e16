import type { IncomingMessage } from 'node:http'
import type { HttpCarrier } from '@sojourn/session-core'
import type { ResponseCarrier } from './hold/response-carrier'

/** The client of a request, after the framework's own trust-proxy rules. `secure` and `ip` are read when they are needed. */
export type Client = Pick<HttpCarrier, 'secure' | 'ip'> & {
  /** The whole request target. Default: `originalUrl` of the request, else its `url`. */
  readonly originalUrl?: string
}

/**
 * A carrier over a `node:http` request, the response's half that `holdResponse` returns, and the client. Its `url` is
 * `originalUrl` if the framework sets that, because routers shorten `url`.
 * @example
 * const carrier = nodeCarrier(req, holdResponse(res, { commit, onError }), { secure: req.secure, ip: req.ip })
 */
export function nodeCarrier(req: IncomingMessage, response: ResponseCarrier, client: Client): HttpCarrier {
  return new NodeCarrier(req, response, client)
}

/** A class, for its getters: V8 keeps what the accessors of a single object refer to until its next full collection. */
class NodeCarrier implements HttpCarrier {
  readonly method: string
  readonly url: string

  constructor(
    private readonly req: IncomingMessage,
    private readonly response: ResponseCarrier,
    private readonly client: Client,
  ) {
    this.method = req.method ?? 'GET'
    // Own members only: neither a client nor a plain request has to have it.
    this.url = originalUrlOf(client) ?? originalUrlOf(req) ?? req.url ?? '/'
  }

  get secure(): boolean {
    return this.client.secure
  }

  get ip(): string | undefined {
    return this.client.ip
  }

  get statusCode(): number {
    return this.response.statusCode
  }

  get headersSent(): boolean {
    return this.response.headersSent
  }

  get aborted(): boolean {
    return this.response.aborted
  }

  requestHeader(name: string): string | undefined {
    return headerOf(this.req, name)
  }

  responseHeader(name: string): string[] {
    return this.response.responseHeader(name)
  }

  setResponseHeader(name: string, values: string[]): void {
    this.response.setResponseHeader(name, values)
  }
}

function originalUrlOf(at: Client | IncomingMessage): string | undefined {
  return Object.hasOwn(at, 'originalUrl') ? (at as { originalUrl?: string }).originalUrl : undefined
}

/** A request header; several lines are joined. */
export function headerOf(req: IncomingMessage, name: string): string | undefined {
  // Own members only: those of Object.prototype were not sent.
  const value = Object.hasOwn(req.headers, name) ? req.headers[name] : undefined
  return Array.isArray(value) ? value.join(', ') : value
}
