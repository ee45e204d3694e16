import { once } from 'node:events'
import { createServer, connect as openSocket } from 'node:net'
import { type FaultMode, Link, type SetTimer } from './fault-link'
import { onFreePort } from './own-server'

/** What {@link faultProxy} is told. */
export interface FaultProxyOptions {
  /** The server behind the proxy. With a `url`, the proxy's own URL is that one with the proxy's host and port: pass a `Server`. */
  target: { host: string; port: number; url?: string }
  /** Calls back after so many ms. Default `setTimeout`, without keeping the process alive. Tests pass their own clock's. */
  setTimer?: SetTimer
}

/** A loopback TCP proxy that does what networks do. */
export interface FaultProxy {
  readonly host: string
  readonly port: number
  /** The target's URL by way of the proxy; `tcp://host:port` where the target came without a URL. */
  readonly url: string
  /** Switches to another mode, from now on and for existing connections too. Resolves once it holds. */
  mode(next: FaultMode): Promise<void>
  /** Ends the proxy and every connection through it. May be called twice. */
  close(): Promise<void>
}

/**
 * Puts a proxy in front of a server, to see what a client makes of a bad network. It starts in mode `pass`.
 * See {@link FaultMode} for what it can do.
 */
export async function faultProxy({ target, setTimer = detachedTimer }: FaultProxyOptions): Promise<FaultProxy> {
  const links = new Set<Link>()
  let mode: FaultMode = 'pass'
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = openSocket({ host: target.host, port: target.port, allowHalfOpen: true })
    const link = new Link(client, upstream, setTimer)
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
    close: () => switchTo('refuse'),
  }
}

function through(targetUrl: string, port: number): string {
  const url = new URL(targetUrl)
  url.hostname = '127.0.0.1'
  url.port = `${port}`
  return url.href
}

const detachedTimer: SetTimer = (callback, ms) => void setTimeout(callback, ms).unref()
