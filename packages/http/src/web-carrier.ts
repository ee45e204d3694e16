import type { HttpCarrier } from '@sojourn/session-core'

/** A carrier over web-standard objects. The response comes late: until it is there, the status is taken to be 200. */
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

  /** The response that is going to be sent. */
  set response(response: Response) {
    this.answer = response
    this.copied = false
    // An error response, or a switch of protocols, cannot be copied and takes no headers.
    this.sent = response.status < 200
  }

  /** Hands the response out: from now on its headers are gone. */
  send(): Response {
    this.sent = true
    return this.answer!
  }

  /** Lets go of a response that is not going to be sent: what its body streams from would stay open. */
  drop(): void {
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

  /** On a copy: some responses' headers cannot be changed, and one that is shared must not carry somebody's cookie. */
  setResponseHeader(name: string, values: string[]): void {
    if (!this.copied) this.answer = new Response(this.answer!.body, this.answer)
    this.copied = true
    const { headers } = this.answer!
    headers.delete(name)
    for (const value of values) headers.append(name, value)
  }
}
