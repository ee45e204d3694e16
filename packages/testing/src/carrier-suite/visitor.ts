import { type Agent, request } from 'node:http'
import { CookieJar } from '../fakes/cookie-jar'
import type { Recorder } from './recorder'
import { ReceivedResponse } from './response'

/** Optional parts of a request. */
export interface VisitOptions {
  headers?: Record<string, string>
  body?: string
  /** Replaces the jar's Cookie header; each character is sent as one byte. */
  cookie?: string
}

/** An HTTP client with a cookie jar and keep-alive connections. */
export class Visitor {
  constructor(
    private readonly url: string,
    private readonly agent: Agent,
    readonly jar: CookieJar = new CookieJar(),
    private readonly recorder?: Recorder,
  ) {}

  get(path: string, options?: VisitOptions): Promise<ReceivedResponse> {
    return this.visit('GET', path, options)
  }

  post(path: string, options?: VisitOptions): Promise<ReceivedResponse> {
    return this.visit('POST', path, options)
  }

  async visit(method: string, path: string, options: VisitOptions = {}): Promise<ReceivedResponse> {
    const cookie = options.cookie ?? this.jar.header
    const headers = { ...options.headers, ...(cookie !== undefined && { cookie }) }
    const response = await exchange(new URL(path, this.url), { method, headers, agent: this.agent }, options.body)
    this.jar.take(response.lines('set-cookie'))
    this.recorder?.write(`${method} ${path}`, response)
    return response
  }
}

function exchange(
  url: URL,
  options: { method: string; headers: Record<string, string>; agent: Agent },
  body?: string,
): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (message) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('end', () => resolve(new ReceivedResponse(message, Buffer.concat(chunks))))
      message.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
