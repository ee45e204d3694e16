import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type RequestOptions,
  request,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type HoldOptions, holdResponse, type ResponseCarrier } from '../../src'

/** A response as the client received it. */
export interface Received {
  readonly status: number
  readonly reason: string
  /** Name and value of every header line, in order, with names as they were sent. */
  readonly lines: [string, string][]
  header(name: string): string[]
  readonly body: Buffer
}

/** Serves one handler until the test ends. `get` rejects with what the handler throws. */
export async function serve(handler: (...args: Parameters<RequestListener>) => unknown, options: ServerOptions = {}) {
  const handled: Promise<unknown>[] = []
  const server = createServer(options, (req, res) => {
    const done = Promise.resolve().then(() => handler(req, res))
    done.catch(() => res.destroy())
    handled.push(done)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const { port } = server.address() as AddressInfo
  return {
    port,
    async get(options: RequestOptions & { headers?: OutgoingHttpHeaders } = {}): Promise<Received> {
      const received = new Promise<Received>((resolve, reject) => {
        request({ host: '127.0.0.1', port, agent: false, ...options }, (res) => receive(res).then(resolve, reject))
          .on('error', reject)
          .end()
      })
      await received.catch(() => {})
      await Promise.all(handled)
      return received
    },
  }
}

async function receive(res: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of res) chunks.push(chunk)
  const lines = res.rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name, res.rawHeaders[at + 1]!] as [string, string]] : [],
  )
  return {
    status: res.statusCode!,
    reason: res.statusMessage!,
    lines,
    header: (name) => lines.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : [])),
    body: Buffer.concat(chunks),
  }
}

/** A promise with its resolve and reject functions. */
export function deferred<T = void>() {
  let settle!: { resolve(value: T): void; reject(error: unknown): void }
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle }
}

export const tick = () => new Promise<void>((resolve) => setImmediate(resolve))

/**
 * Holds a response with a commit that the test settles. When it resolves, it adds a cookie as core does. The commit of the
 * error's answer returns undefined.
 */
export function hold(res: ServerResponse, options: Partial<HoldOptions> = {}) {
  const store = deferred()
  const began = deferred()
  const commits: { status: number; cacheControl: string[] }[] = []
  const errors: unknown[] = []
  const handOver = (): void => {
    const cookies = response.responseHeader('set-cookie')
    response.setResponseHeader('set-cookie', [...cookies.filter((line) => !line.startsWith('id=')), 'id=1'])
  }
  const response: ResponseCarrier = holdResponse(res, {
    commit() {
      commits.push({ status: response.statusCode, cacheControl: response.responseHeader('cache-control') })
      if (commits.length > 1) return undefined
      began.resolve()
      return store.promise.then(handOver)
    },
    onError(error) {
      errors.push(error)
      res.end('the error path')
    },
    ...options,
  })
  return { store, began: began.promise, commits, errors, response }
}
