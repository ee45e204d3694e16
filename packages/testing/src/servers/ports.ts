import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A loopback port that is free right now, below the range that the kernel gives to outgoing connections (32768 and up
 * on Linux). In that range, a client that keeps trying to reach a stopped server could take its port, or even connect
 * to itself. Somebody else may still be faster: who starts a server on the port has to be ready to try another one.
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
