import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Finds a free loopback port below the range of outgoing connections (32768 and up
 * on Linux). In that range, a client that retries a stopped server could take its port, or even connect
 * to itself. Another process may still take the port first, so callers must be ready to try another one.
 * @throws Error if no port is free.
 * @example
 * server.listen(await freePort(), '127.0.0.1')
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(20_000, 32_000)
    if (await isFree(port)) return port
  }
  throw new Error('no free loopback port between 20000 and 32000')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
