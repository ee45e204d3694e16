import { Agent, request } from 'node:http'
import type { CookieJar } from '@sojourn/session-testing'

/** A response. Undefined if the client disconnected before it was complete. */
export interface Visit {
  status: number
  lines: string[]
  setCookies: string[]
}

export interface VisitOptions {
  jar: CookieJar
  /** A request body, sent as POST. Default: a GET without a body. */
  upload?: string | undefined
  /** Disconnects this many ms after the request got its connection. */
  hangUpAfter?: number | undefined
}

/** Makes requests over keep-alive connections. */
export class Browser {
  private agent = openAgent()

  visit(url: string, { jar, upload, hangUpAfter }: VisitOptions): Promise<Visit | undefined> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = jar.header === undefined ? {} : { cookie: jar.header }
      if (upload !== undefined) headers['content-type'] = 'text/plain'
      const visit = request(url, { agent: this.agent, method: upload === undefined ? 'GET' : 'POST', headers })
      let hungUp = false
      if (hangUpAfter !== undefined) {
        visit.once('socket', () => {
          setTimeout(() => {
            hungUp = true
            visit.destroy()
          }, hangUpAfter)
        })
      }
      visit.on('response', async (response) => {
        try {
          let text = ''
          for await (const chunk of response.setEncoding('utf8')) text += chunk
          const setCookies = response.headers['set-cookie'] ?? []
          resolve({ status: response.statusCode!, lines: text.split('\n').filter(Boolean), setCookies })
        } catch (error) {
          hungUp ? resolve(undefined) : reject(error)
        }
      })
      visit.on('error', (error) => (hungUp ? resolve(undefined) : reject(error)))
      if (upload !== undefined && hangUpAfter !== undefined) visit.write(upload.slice(0, upload.length / 2))
      else visit.end(upload)
    })
  }

  /** Closes all connections; the next visit opens new ones. */
  hangUp(): void {
    this.agent.destroy()
    this.agent = openAgent()
  }
}

const openAgent = () => new Agent({ keepAlive: true, maxSockets: 100 })
