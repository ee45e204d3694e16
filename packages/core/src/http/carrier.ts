/**
 * The seam to HTTP: what an adapter hands to core for one request and its response. Core reads the cookies from it and
 * writes Set-Cookie, Cache-Control and Vary to it; nothing else of HTTP reaches core.
 */
export interface HttpCarrier {
  /** The request's method, in capitals. */
  readonly method: string
  /** The request's target: path and query. */
  readonly url: string
  /** Whether the client spoke https, after the framework's own trust-proxy rules. */
  readonly secure: boolean
  /** The client's address, after the framework's own trust-proxy rules; undefined where it is not known. */
  readonly ip: string | undefined
  /** A request header by lower-case name; several Cookie lines come joined with `; `. */
  requestHeader(name: string): string | undefined
  /** The lines of a response header set so far, by any spelling of the name; empty where there are none. */
  responseHeader(name: string): string[]
  /** Replaces all lines of a response header. */
  setResponseHeader(name: string, values: string[]): void
  /** The status the response has, or is going to have. */
  readonly statusCode: number
  /** Whether the response's headers are gone, so that no cookie can follow. */
  readonly headersSent: boolean
  /** Whether the client has gone away before the response was complete. */
  readonly aborted: boolean
}
