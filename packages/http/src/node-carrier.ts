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
  return new NodeCarrier(req, response, client)
}

/** A class, for its getters: V8 keeps what the accessors of a single object refer to until its next full collection. */
class NodeCarrier implements HttpCarrier {
  readonly method: string
  readonly url: string
  readonly secure: boolean
  readonly ip: string | undefined

  constructor(
    private readonly req: IncomingMessage,
    private readonly response: ResponseCarrier,
    client: Client,
  ) {
    this.method = req.method ?? 'GET'
    this.url = client.originalUrl ?? (req as { originalUrl?: string }).originalUrl ?? req.url ?? '/'
    this.secure = client.secure
    this.ip = client.ip
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
    const value = this.req.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  responseHeader(name: string): string[] {
    return this.response.responseHeader(name)
  }

  setResponseHeader(name: string, values: string[]): void {
    this.response.setResponseHeader(name, values)
  }
}
