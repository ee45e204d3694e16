import { connect, type Socket } from 'node:net'
import { deferred } from '../deferred'

/** A bare connection: what arrives on it, and when, is what the server sent. */
export class Wire {
  /** Everything that has arrived, one character for each byte. */
  received = ''
  /** Resolves when the connection is closed, by whichever side. */
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
    // A connection that the server resets is closed like any other.
    socket.on('error', () => {})
    socket.on('close', () => closed.resolve())
  }

  /** Connects to a server. */
  static to(url: string): Promise<Wire> {
    const { hostname, port } = new URL(url)
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new Wire(socket)))
    })
  }

  send(text: string): void {
    this.#socket.write(text)
  }

  /** Sends a request for a GET, and asks the server to close the connection after its response. */
  get(path: string, headers: Record<string, string | undefined> = {}): void {
    this.send(head('GET', path, { connection: 'close', ...headers }))
  }

  /** Resolves when `part` has arrived; rejects when the connection is closed without it. */
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

  /** Goes away without a word. */
  cut(): void {
    this.#socket.destroy()
  }
}

/** A request's head as text. */
export function head(method: string, path: string, headers: Record<string, string | undefined> = {}): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  )
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** Lets the event loop turn so often that whatever can go on without the test has gone on. It waits for no time to pass. */
export async function everythingElse(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}
