import { once } from 'node:events'
import { createServer, connect as openSocket } from 'node:net'
import { type FaultMode, Link, type SetTimer } from './fault-link'
import { onFreePort } from './own-server'

/** What {@link faultProxy} is told. */
export interface FaultProxyOptions {
  /** The server behind the proxy. With a `url`, the proxy's own URL is that one with the proxy's host and port: pass a `Server`. */
  target: { host: string; port: number; url?: string }
  /**
   * Calls back after so many ms. Tests pass their own clock's.
   * @default setTimeout, without keeping the process alive
   */
  setTimer?: SetTimer
}

/** A request that the proxy has captured. */
export interface CapturedRequest {
  /** Sends the request to the server, on a connection of its own. Resolves when the server has replied. */
  deliver(): Promise<void>
}

/** A loopback TCP proxy that does what networks do. */
export interface FaultProxy {
  /** The address that it listens on. */
  readonly host: string
  /** The port that it listens on. */
  readonly port: number
  /** The target's URL by way of the proxy; `tcp://host:port` where the target came without a URL. */
  readonly url: string
  /** Switches to another mode, from now on and for existing connections too. Resolves once it holds. */
  mode(next: FaultMode): Promise<void>
  /**
   * Captures the next request that `matches` (its bytes as latin1 text), as a slow network would: it can be delivered later.
   * With `reset`, the server does not get it now, and the connection is reset. Without, it passes, and a delivery repeats it.
   * Resolves when the request has come. `signal` ends the wait.
   */
  capture(
    matches: (request: string) => boolean,
    options?: { reset?: boolean; signal?: AbortSignal },
  ): Promise<CapturedRequest>
  /** Ends the proxy and every connection through it. May be called twice. */
  close(): Promise<void>
}

/**
 * Puts a proxy in front of a server, to see what a client makes of a bad network. It starts in mode `pass`.
 * See {@link FaultMode} for what it can do.
 * @example
 * const proxy = await faultProxy({ target: redis })
 * const client = await createClient({ url: proxy.url }).connect()
 * await proxy.mode('hang')
 */
export async function faultProxy({ target, setTimer = detachedTimer }: FaultProxyOptions): Promise<FaultProxy> {
  const links = new Set<Link>()
  let mode: FaultMode = 'pass'
  const captures = new Set<(bytes: Buffer, greeting: Buffer) => 'pass' | 'reset' | undefined>()
  const onRequest = (bytes: Buffer, greeting: Buffer) => {
    for (const capture of captures) {
      const fate = capture(bytes, greeting)
      if (fate !== undefined) return captures.delete(capture) && fate === 'pass'
    }
    return true
  }
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = openSocket({ host: target.host, port: target.port, allowHalfOpen: true })
    const link = new Link(client, upstream, setTimer, onRequest)
    links.add(link)
    client.on('close', () => links.delete(link))
    link.obey(mode)
  })
  const listen = async (port: number) => {
    listener.listen(port, '127.0.0.1')
    await once(listener, 'listening')
    return port
  }
  const switchTo = async (next: FaultMode) => {
    mode = next
    const closed = next === 'refuse' && listener.listening && once(listener.close(), 'close')
    for (const link of links) link.obey(next)
    if (next !== 'refuse' && !listener.listening) await listen(port)
    await closed
  }
  const port = await onFreePort(listen)
  return {
    host: '127.0.0.1',
    port,
    url: through(target.url ?? 'tcp://target', port),
    mode: switchTo,
    capture: (matches, { reset = false, signal } = {}) =>
      new Promise((resolve) => {
        const capture = (bytes: Buffer, greeting: Buffer) => {
          if (!matches(bytes.toString('latin1'))) return undefined
          resolve({ deliver: () => deliver(target, bytes, greeting) })
          return reset ? 'reset' : 'pass'
        }
        captures.add(capture)
        signal?.addEventListener('abort', () => captures.delete(capture))
      }),
    close: () => switchTo('refuse'),
  }
}

/** What Postgres sends when it awaits the next request. Nothing can be sent before the first one. */
const READY = Buffer.from('Z\0\0\0\x05', 'latin1')

async function deliver(target: FaultProxyOptions['target'], request: Buffer, greeting: Buffer): Promise<void> {
  const isPostgres = target.url?.startsWith('postgres') ?? false
  const server = openSocket({ host: target.host, port: target.port })
  let received = Buffer.alloc(0)
  const replied = async () => {
    received = Buffer.alloc(0)
    do {
      const [bytes] = (await once(server, 'data')) as [Buffer]
      received = Buffer.concat([received, bytes])
    } while (isPostgres && !received.includes(READY))
  }
  await once(server, 'connect')
  if (isPostgres) {
    server.write(greeting)
    await replied()
  }
  server.write(request)
  await replied()
  server.destroy()
}

function through(targetUrl: string, port: number): string {
  const url = new URL(targetUrl)
  url.hostname = '127.0.0.1'
  url.port = `${port}`
  return url.href
}

const detachedTimer: SetTimer = (callback, ms) => void setTimeout(callback, ms).unref()
