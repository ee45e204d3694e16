import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http'
import { basicAuthorization } from '../account'
import { Openings, REQUEST_NAME } from './openings'

/** A response, read completely. */
export interface Reply {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the body of any answer; the attempts check what they use.
  readonly json: any
  readonly headers: IncomingHttpHeaders
  /** The Set-Cookie lines. */
  readonly setCookies: readonly string[]
}

/** One request and its response, for the page. */
export interface Exchange {
  readonly who: string
  readonly request: string
  readonly status: number
  /** The code of an error, or the outcome; empty for a plain success. */
  readonly said: string
  /** The Set-Cookie lines, values shortened. */
  readonly cookies: readonly string[]
  /** The Session-* headers. */
  readonly headers: readonly string[]
}

/** A request whose body has not been sent yet. */
export interface OpenRequest {
  /** Resolves when the server has opened its session, or answered at once. */
  readonly begun: Promise<unknown>
  /** Sends the body. */
  finish(): Promise<Reply>
}

/** A browser without a window: it keeps cookies and sends them back, to one server. */
export class Browser {
  constructor(
    readonly who: string,
    private readonly base: string,
    private readonly log: Exchange[],
    private readonly openings = new Openings(),
    readonly jar = new Map<string, string>(),
  ) {}

  /** Another browser that has some of these cookies: all of them, or those of which `only` is true. */
  copy(who: string, only: (name: string) => boolean = () => true): Browser {
    const jar = new Map([...this.jar].filter(([name]) => only(name)))
    return new Browser(who, this.base, this.log, this.openings, jar)
  }

  send(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.begin(method, path, body).finish()
  }

  logIn(query = ''): Promise<Reply> {
    return this.send('POST', `/auth${query}`)
  }

  /** Sends the head of a request, with the cookies of now. The body follows with `finish`. */
  begin(method: string, path: string, body?: unknown): OpenRequest {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const text = body === undefined ? undefined : JSON.stringify(body)
    const { name, opened } = this.openings.expect()
    const sent = request(`${this.base}${path}`, {
      method,
      agent: false,
      headers: {
        [REQUEST_NAME]: name,
        ...(cookie && { cookie }),
        ...(path.startsWith('/auth') && method === 'POST' && { authorization: basicAuthorization() }),
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    })
    const reply = read(sent)
    sent.flushHeaders()
    return {
      begun: Promise.race([opened, reply]),
      finish: async () => {
        sent.end(text)
        const { status, json, headers, setCookies } = await reply
        this.take(setCookies)
        this.log.push(exchange(this.who, `${method} ${path}`, await reply))
        return { status, json, headers, setCookies }
      },
    }
  }

  private take(lines: readonly string[]): void {
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (/; Max-Age=0(;|$)|; Expires=Thu, 01 Jan 1970/i.test(line)) this.jar.delete(name!)
      else this.jar.set(name!, value!)
    }
  }
}

function read(sent: ClientRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      const { statusCode = 0, headers } = response
      resolve({ status: statusCode, json: parse(text), headers, setCookies: headers['set-cookie'] ?? [] })
    })
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { message: text }
  }
}

function exchange(who: string, request: string, { status, json, headers, setCookies }: Reply): Exchange {
  return {
    who,
    request,
    status,
    said: [json.outcome, json.error].filter(Boolean).join(', '),
    cookies: setCookies.map((line) => line.replace(/=([^;]{12})[^;]*/, '=$1…')),
    headers: Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('session-') ? `${name}: ${value}` : [],
    ),
  }
}
