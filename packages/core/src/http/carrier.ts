/**
 * One request and its response, as an adapter passes them to core. Core reads the cookies from it and writes Set-Cookie,
 * Cache-Control and Vary to it; core knows nothing else of HTTP.
 * @example
 * const session = await sessions.open(carrier)
 * session.data.visits = 1
 * await sessions.commit(session) // before the headers are sent
 */
export interface HttpCarrier {
  /** The request method, in upper case. */
  readonly method: string
  /** The request target: path and query. */
  readonly url: string
  /** Whether the client used https, by the framework's trust-proxy setting. */
  readonly secure: boolean
  /** The client's address, by the framework's trust-proxy setting; undefined if it is not known. */
  readonly ip: string | undefined
  /** A request header, by its name in lower case; undefined if it is absent. Several Cookie lines are joined with `; `. */
  requestHeader(name: string): string | undefined
  /** The lines of a response header so far, by its name in any case; empty if there are none. */
  responseHeader(name: string): string[]
  /** Replaces all lines of a response header. */
  setResponseHeader(name: string, values: string[]): void
  /** The status of the response, as it is set so far. */
  readonly statusCode: number
  /** Whether the response headers have been sent, so that no cookie can be set any more. */
  readonly headersSent: boolean
  /** Whether the client has disconnected before the response was complete. */
  readonly aborted: boolean
}
