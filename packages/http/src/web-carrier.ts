import type { HttpCarrier } from '@sojourn/session-core'

/** A carrier over a web-standard `Request`. The response is set later; until then, the status is 200. */
export class WebCarrier implements HttpCarrier {
  readonly method: string
  readonly url: string
  readonly secure: boolean
  readonly ip: string | undefined
  private answer: Response | undefined
  private copied = false
  private sent = false

  constructor(
    private readonly request: Request,
    client: { secure?: boolean; ip?: string },
  ) {
    const url = new URL(request.url)
    this.method = request.method
    this.url = url.pathname + url.search
    this.secure = client.secure ?? url.protocol === 'https:'
    this.ip = client.ip
  }

  /** Sets the response that will be sent. */
  set response(response: Response) {
    this.answer = response
    this.copied = false
    // `Response.error()` and a switch of protocols cannot be copied and take no headers.
    this.sent = response.status < 200
  }

  /** Returns the response. From now on, its headers are sent. */
  send(): Response {
    this.sent = true
    return this.answer!
  }

  /** Cancels the body of a response that will not be sent; its source would stay open otherwise. */
  discard(): void {
    this.answer?.body?.cancel().catch(() => {})
  }

  get statusCode(): number {
    return this.answer?.status ?? 200
  }

  get headersSent(): boolean {
    return this.sent
  }

  get aborted(): boolean {
    return this.request.signal.aborted
  }

  requestHeader(name: string): string | undefined {
    return this.request.headers.get(name) ?? undefined
  }

  responseHeader(name: string): string[] {
    if (name.toLowerCase() === 'set-cookie') return this.answer?.headers.getSetCookie() ?? []
    const value = this.answer?.headers.get(name)
    return value == null ? [] : [value]
  }

  /** Changes a copy: the headers of some responses are immutable, and a shared response must not carry a client's cookie. */
  setResponseHeader(name: string, values: string[]): void {
    if (!this.copied) this.answer = new Response(this.answer!.body, this.answer)
    this.copied = true
    const { headers } = this.answer!
    headers.delete(name)
    for (const value of values) headers.append(name, value)
  }
}
