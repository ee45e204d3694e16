import type { IncomingMessage } from 'node:http'

/** Default name of the session cookie. */
export const COOKIE = '__Host-session'

/** A response whose body was read to the end. */
export class ReceivedResponse {
  readonly status: number
  readonly body: string

  constructor(
    private readonly message: IncomingMessage,
    readonly bytes: Buffer,
  ) {
    this.status = message.statusCode!
    this.body = bytes.toString('utf8')
  }

  /** All header names, in lower case, sorted. */
  get names(): string[] {
    return Object.keys(this.message.headersDistinct).sort()
  }

  /** The lines of a header, by lower-case name. */
  lines(name: string): string[] {
    return this.message.headersDistinct[name] ?? []
  }

  header(name: string): string | undefined {
    const lines = this.lines(name)
    return lines.length > 0 ? lines.join(', ') : undefined
  }

  /** Set-Cookie lines of the session cookie. */
  cookies(name = COOKIE): string[] {
    return this.lines('set-cookie').filter((line) => line.startsWith(`${name}=`))
  }

  /** All other Set-Cookie lines. */
  get otherCookies(): string[] {
    return this.lines('set-cookie').filter((line) => !line.startsWith(`${COOKIE}=`))
  }

  /** All headers except Date and those of the connection. */
  get headers(): Record<string, string[]> {
    const { date, connection, 'keep-alive': keepAlive, ...rest } = this.message.headersDistinct
    return rest as Record<string, string[]>
  }

  json(): unknown {
    return JSON.parse(this.body)
  }
}
