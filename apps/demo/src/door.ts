import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SettingError } from './settings'

/** A server on loopback that listens at once, so that a port in use is known at once, and answers when it is told how. */
export interface Door {
  readonly port: number
  /** How to answer from now on. Who has come before is answered as well. */
  open(listener: RequestListener): void
  /** Lets nobody in any more, and sends away who is there. */
  close(): void
}

/**
 * Listens on a port, 0 for a free one; `name` is for the message. Loopback only: the demo's password is no secret, and it
 * speaks plain http.
 * @throws SettingError where the port cannot be had.
 */
export function listen(port: number, name: string): Promise<Door> {
  let open: Door['open'] = () => {}
  let answer = new Promise<RequestListener>((resolve) => {
    open = (listener) => {
      resolve(listener)
      answer = Promise.resolve(listener)
    }
  })
  const server = createServer((req, res) => void answer.then((listener) => listener(req, res)))
  const close = () => server.close().closeAllConnections()
  return new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be had (${code})`
      reject(new SettingError(`port ${port}, for ${name}, ${why}: choose the first of three others with PORT=…`))
    })
    server.listen(port, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, open, close }))
  })
}
