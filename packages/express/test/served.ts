import { createServer, type RequestListener } from 'node:http'
import {
  createSessionManager,
  type JsonData,
  memoryStore,
  type SessionManagerOptions,
  type SessionOptions,
} from '@sojourn/session-core'
import { CookieJar, serveOnLoopback } from '@sojourn/session-testing'
import { onTestFinished } from 'vitest'

/** A manager with its own memory store. */
export function managerOf<Data extends JsonData<Data> = Record<string, unknown>>(
  options: Partial<SessionOptions> = {},
) {
  const secret = 'a secret of more than thirty-two bytes'
  // Without the marker beside it, a test counts the session cookie alone.
  const cookie = { marker: false, ...options.cookie }
  return createSessionManager<Data>({ secret, store: memoryStore(), ...options, cookie } as SessionManagerOptions)
}

/** Serves an application until the test ends, and returns a browser that follows no redirects. */
export async function browse(app: RequestListener) {
  const { url, close } = await serveOnLoopback(createServer(app))
  onTestFinished(close)
  const jar = new CookieJar()
  return {
    jar,
    async visit(path: string, { headers = {}, ...init }: RequestInit & { headers?: Record<string, string> } = {}) {
      const sent = { ...headers, ...(jar.header !== undefined && { cookie: jar.header }) }
      const response = await fetch(url + path, { redirect: 'manual', ...init, headers: sent })
      jar.take(response.headers.getSetCookie())
      return response
    },
  }
}
