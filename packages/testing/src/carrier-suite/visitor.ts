import { type Agent, type IncomingMessage, request } from 'node:http'
import { CookieJar } from '../fakes/cookie-jar'
import type { Scribe } from './transcript'

/** The cookie's name, unless a test says otherwise. */
export const COOKIE = '__Host-session'

/** A response, read to its end. */
export class Answer {
  readonly status: number
  readonly body: string

  constructor(
    private readonly message: IncomingMessage,
    readonly bytes: Buffer,
  ) {
    this.status = message.statusCode!
    this.body = bytes.toString('utf8')
  }

  /** The names of all headers, in lower case and in order of the alphabet. */
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

  /** Our Set-Cookie lines. */
  cookies(name = COOKIE): string[] {
    return this.lines('set-cookie').filter((line) => line.startsWith(`${name}=`))
  }

  /** Other Set-Cookie lines. */
  get otherCookies(): string[] {
    return this.lines('set-cookie').filter((line) => !line.startsWith(`${COOKIE}=`))
  }

  /** All headers but the date and what belongs to the connection. */
  get headers(): Record<string, string[]> {
    const { date, connection, 'keep-alive': keepAlive, ...rest } = this.message.headersDistinct
    return rest as Record<string, string[]>
  }

  json(): unknown {
    return JSON.parse(this.body)
  }
}

/** What a request may say besides its method and path. */
export interface VisitOptions {
  headers?: Record<string, string>
  body?: string
  /** In place of the jar's Cookie header, as bytes: every character stands for one. */
  cookie?: string
}

/** A browser: connections that stay open, and a jar. */
export class Visitor {
  constructor(
    private readonly url: string,
    private readonly agent: Agent,
    readonly jar: CookieJar = new CookieJar(),
    private readonly scribe?: Scribe,
  ) {}

  get(path: string, options?: VisitOptions): Promise<Answer> {
    return this.visit('GET', path, options)
  }

  post(path: string, options?: VisitOptions): Promise<Answer> {
    return this.visit('POST', path, options)
  }

  async visit(method: string, path: string, options: VisitOptions = {}): Promise<Answer> {
    const cookie = options.cookie ?? this.jar.header
    const headers = { ...options.headers, ...(cookie !== undefined && { cookie }) }
    const answer = await exchange(new URL(path, this.url), { method, headers, agent: this.agent }, options.body)
    this.jar.take(answer.lines('set-cookie'))
    this.scribe?.write(`${method} ${path}`, answer)
    return answer
  }
}

function exchange(
  url: URL,
  options: { method: string; headers: Record<string, string>; agent: Agent },
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (message) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('end', () => resolve(new Answer(message, Buffer.concat(chunks))))
      message.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
