import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SettingError } from './settings'

/**
 * A server on loopback. It listens at once, so that a port in use is found at once, and answers when it has a listener:
 * requests that came before wait for it.
 */
export interface DemoServer {
  readonly port: number
  /** Answers all requests with this listener from now on, also those that are waiting. */
  serve(listener: RequestListener): void
  /** Stops listening and closes all connections. */
  close(): void
}

/**
 * Listens on a port, 0 for a free one; `name` is for the message. Only on loopback, because the demo's password is public
 * and the connection is plain http.
 * @throws SettingError if the port is not available.
 */
export function listen(port: number, name: string): Promise<DemoServer> {
  let serve: DemoServer['serve'] = () => {}
  let current = new Promise<RequestListener>((resolve) => {
    serve = (listener) => {
      resolve(listener)
      current = Promise.resolve(listener)
    }
  })
  const server = createServer((req, res) => void current.then((listener) => listener(req, res)))
  const close = () => server.close().closeAllConnections()
  return new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'is in use' : `is not available (${code})`
      reject(new SettingError(`port ${port}, for ${name}, ${why}: set PORT to the first of three free ports`))
    })
    server.listen(port, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, serve, close }))
  })
}
