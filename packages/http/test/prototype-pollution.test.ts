import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessionManager } from '@sojourn/session-core'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeCarrier, nodeSession } from '../src'

const POLLUTED = ['originalUrl', 'trustProxy', 'onError', 'maxHeldBytes']

describe('Object.prototype polluted', () => {
  afterEach(() => {
    for (const name of POLLUTED) delete (Object.prototype as Record<string, unknown>)[name]
  })

  it('nodeSession reads neither its options nor the request target from it', async () => {
    for (const name of POLLUTED) {
      Object.defineProperty(Object.prototype, name, { value: () => '/polluted', configurable: true, writable: true })
    }
    const open = nodeSession(createSessionManager({ secret: 'a secret of more than thirty-two bytes' }))
    const seen: string[] = []
    const server = createServer(async (req, res) => {
      const response = { statusCode: 200, headersSent: false, aborted: false } as Parameters<typeof nodeCarrier>[1]
      seen.push(nodeCarrier(req, response, { secure: false, ip: undefined }).url)
      const session = await open(req, res)
      session.data.n = 1
      res.end('whole')
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/page`)
    expect([seen, response.status, await response.text()]).toEqual([['/page'], 200, 'whole'])
    expect(response.headers.getSetCookie().length).toBeGreaterThan(0)
    server.close()
  })
})
