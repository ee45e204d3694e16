import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on a free port, for one test. */
export async function serve(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(listener)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

/** A browser with one cookie jar. */
export class Browser {
  cookie = ''

  constructor(private readonly url: string) {}

  async get(path: string, url = this.url): Promise<{ status: number; body: unknown }> {
    const response = await fetch(url + path, { headers: this.cookie ? { cookie: this.cookie } : {} })
    for (const line of response.headers.getSetCookie()) this.cookie = line.split(';')[0]!
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text }
  }
}
