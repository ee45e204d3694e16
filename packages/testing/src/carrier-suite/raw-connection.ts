import { connect, type Socket } from 'node:net'
import { deferred } from '../deferred'

/** A TCP connection without an HTTP client, so that a test sees exactly which bytes the server sent, and when. */
export class RawConnection {
  /** All bytes received so far, one character for each byte. */
  received = ''
  /** Resolves when either side has closed the connection. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  #check = () => {}

  private constructor(socket: Socket) {
    const closed = deferred()
    this.closed = closed.promise
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.received += text
      this.#check()
    })
    // A reset by the server counts as a close.
    socket.on('error', () => {})
    socket.on('close', () => closed.resolve())
  }

  /** Connects to a server. */
  static to(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url)
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new RawConnection(socket)))
    })
  }

  send(text: string): void {
    this.#socket.write(text)
  }

  /** Sends a GET request that asks the server to close the connection after the response. */
  get(path: string, headers: Record<string, string | undefined> = {}): void {
    this.send(head('GET', path, { connection: 'close', ...headers }))
  }

  /** Resolves when `part` has arrived. Rejects if the connection closes first. */
  async until(part: string): Promise<void> {
    const arrived = new Promise<true>((resolve) => {
      this.#check = () => {
        if (this.received.includes(part)) resolve(true)
      }
    })
    this.#check()
    if (!(await Promise.race([arrived, this.closed]))) {
      throw new Error(
        `the connection was closed before ${JSON.stringify(part)} arrived, after ${JSON.stringify(this.received)}`,
      )
    }
  }

  /** Disconnects without ending the request. */
  cut(): void {
    this.#socket.destroy()
  }
}

/** Request line and headers as text. */
export function head(method: string, path: string, headers: Record<string, string | undefined> = {}): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  )
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** Runs the event loop until all work that does not depend on the test is done. Uses no timers. */
export async function everythingElse(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}
