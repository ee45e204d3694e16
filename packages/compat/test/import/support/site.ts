import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createSessionManager,
  memoryStore,
  type RevocationStore,
  type SessionEvent,
  type SessionStore,
  type StoreModeOptions,
  type SubjectIndex,
} from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express'
import express from 'express'
import { importFrom, type SessionSource } from '../../../src/import'

export const secret = 'a secret for the tests of imports, long enough'
export const loggedIn = { user: 'ada', cart: ['tea', { n: 1 }] }

const closing: (() => Promise<unknown>)[] = []
/** Closes what the tests have opened. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0)) await close()
}
export const closeLater = (close: () => Promise<unknown>): void => void closing.push(close)

/** A server on a free port, until the test ends. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  closeLater(async () => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the sites below
  readonly body: any
  readonly setCookie: string[]
}

/** A browser: its cookies by name, as one jar for all sites. */
export class Browser {
  constructor(readonly jar = new Map<string, string>()) {}

  copy(): Browser {
    return new Browser(new Map(this.jar))
  }

  async get(url: string, keep = true, headers: Record<string, string> = {}): Promise<Answer> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { headers: { ...headers, ...(cookie && { cookie }) } })
    const setCookie = response.headers.getSetCookie()
    if (keep) for (const line of setCookie) this.keep(line)
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text, setCookie }
  }

  private keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? []
    if (/max-age=0/i.test(line) || /expires=Thu, 01 Jan 1970/i.test(line)) this.jar.delete(name)
    else this.jar.set(name, value)
  }
}

/** The site after the switch. */
export async function newSite(
  sources: SessionSource[],
  options: {
    store?: SessionStore & SubjectIndex
    /** Sessions are in cookies, and these remember what was imported. */
    revocations?: RevocationStore
    onLimit?: 'refuse'
    maxBytes?: number
    bind?: 'user-agent'[]
  } = {},
) {
  const clock = { ahead: 0 }
  const events: SessionEvent[] = []
  const { revocations, store = memoryStore(), onLimit, maxBytes, bind } = options
  const sessions = createSessionManager<Record<string, unknown>>({
    secret,
    ...(revocations ? { revocations } : { store }),
    imports: importFrom(...sources),
    onEvent: (event) => void events.push(event),
    clock: () => Date.now() + clock.ahead,
    ...(onLimit && { maxPerSubject: 1, onLimit }),
    ...(maxBytes && { maxBytes }),
    ...(bind && { bind }),
  } as StoreModeOptions & { store: typeof store })
  const app = express()
  app.use(expressSession(sessions))
  app.get('/me', (req, res) => {
    const { subject, data, outcome, id, authenticatedAt, remaining } = sessions.of(req)
    res.json({ subject, data, outcome, id, authenticatedAt, remaining })
  })
  app.get('/login/:user', async (req, res) => {
    await sessions.of(req).login(String(req.params.user))
    res.json({})
  })
  app.get('/logout', async (req, res) => {
    await sessions.of(req).logout()
    res.json({})
  })
  app.use((error: { status?: number; code?: string }, _: unknown, res: express.Response, __: unknown) => {
    res.status(error.status ?? 500).json({ code: error.code })
  })
  const url = await serve(app)
  const count = (type: SessionEvent['type']) => events.filter((event) => event.type === type).length
  return { url, sessions, events, count, clock, store }
}
