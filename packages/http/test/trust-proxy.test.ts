import { createSessionManager, type HttpCarrier, type SessionManager } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { nodeSession, type TrustProxy } from '../src'
import { serve } from './hold/held-server'

const secret = 'a secret of more than thirty-two bytes'

describe('trustProxy', () => {
  /** The client that the carrier reports for a request from 127.0.0.1. */
  async function clientOf(trustProxy: TrustProxy | undefined, headers: Record<string, string | string[]>) {
    const sessions = createSessionManager({ secret })
    let seen: HttpCarrier | undefined
    const watched: SessionManager = {
      ...sessions,
      open(carrier, req) {
        seen = carrier
        return sessions.open(carrier, req)
      },
    }
    const open = nodeSession(watched, { trustProxy })
    const server = await serve(async (req, res) => {
      await open(req, res)
      res.end()
    })
    await server.get({ headers })
    return [seen!.secure, seen!.ip]
  }
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' }
  const ours = (address: string) => address === '127.0.0.1' || address.startsWith('10.')

  it('ignores forwarded headers by default', async () => {
    expect(await clientOf(undefined, forwarded)).toEqual([false, '127.0.0.1'])
    expect(await clientOf(false, forwarded)).toEqual([false, '127.0.0.1'])
  })

  it('true: takes from the peer what the peer added', async () => {
    expect(await clientOf(true, forwarded)).toEqual([true, '203.0.113.7'])
    expect(await clientOf(true, { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' })).toEqual([false, '203.0.113.7'])
    expect(await clientOf(true, { 'x-forwarded-proto': 'https, http' })).toEqual([false, '127.0.0.1'])
    expect(await clientOf(true, {})).toEqual([false, '127.0.0.1'])
  })

  it('a function: reads back through trusted proxies, up to the first address that is not one', async () => {
    for (const [list, ip] of [
      ['203.0.113.7', '203.0.113.7'],
      ['203.0.113.7, 10.0.0.2', '203.0.113.7'],
      ['10.9.9.9, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
      ['203.0.113.7, 198.51.100.1', '198.51.100.1'],
      ['::ffff:203.0.113.7,  ::ffff:10.0.0.2', '203.0.113.7'],
      ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
      [',,', '127.0.0.1'],
    ] as const) {
      expect(await clientOf(ours, { 'x-forwarded-for': list }), list).toEqual([false, ip])
    }
    expect(await clientOf((address) => address === '10.0.0.1', forwarded)).toEqual([false, '127.0.0.1'])
  })
})
