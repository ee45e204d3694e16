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

  it('reads addresses with ports, in brackets, and in any spelling', async () => {
    for (const [list, ip] of [
      ['1.1.1.1:5123', '1.1.1.1'],
      ['[2001:db8::1]:443', '2001:db8::1'],
      ['[2001:db8::1]', '2001:db8::1'],
      ['2001:DB8:0:0::1', '2001:db8::1'],
      ['[::ffff:1.1.1.1]:80', '1.1.1.1'],
      ['::ffff:101:101', '1.1.1.1'],
      ['203.0.113.7:1, 10.0.0.2:2', '203.0.113.7'],
    ] as const) {
      expect(await clientOf(ours, { 'x-forwarded-for': list }), list).toEqual([false, ip])
    }
  })

  it('falls back to the nearest trusted hop if an address is garbage', async () => {
    for (const [list, ip] of [
      ['unknown', '127.0.0.1'],
      ['203.0.113.7, unknown, 10.0.0.2', '10.0.0.2'],
      ['203.0.113.7, 999.1.1.1', '127.0.0.1'],
      ['203.0.113.7, [2001:db8::1', '127.0.0.1'],
      ['203.0.113.7, 1.1.1.1:port', '127.0.0.1'],
      ['"', '127.0.0.1'],
    ] as const) {
      expect(await clientOf(ours, { 'x-forwarded-for': list }), list).toEqual([false, ip])
    }
  })

  it('reads the protocol in any case', async () => {
    expect(await clientOf(true, { 'x-forwarded-proto': 'HTTPS' })).toEqual([true, '127.0.0.1'])
    expect(await clientOf(true, { forwarded: 'Proto=HTTPS' })).toEqual([true, '127.0.0.1'])
  })

  it('reads Forwarded (RFC 7239)', async () => {
    for (const [forwarded, secure, ip] of [
      ['for=203.0.113.7;proto=https;by=10.0.0.2', true, '203.0.113.7'],
      ['for="[2001:db8:cafe::17]:4711"', false, '2001:db8:cafe::17'],
      ['For="203.0.113.7:80"; Proto=http', false, '203.0.113.7'],
      ['for=10.9.9.9, for=203.0.113.7;proto=http, for=10.0.0.2;proto=https', true, '203.0.113.7'],
      ['for=198.51.100.1;host="a, for=203.0.113.7"', false, '198.51.100.1'],
      ['for=203.0.113.7, for=_hidden', false, '127.0.0.1'],
      ['for=203.0.113.7, proto=https', true, '127.0.0.1'],
      ['for=203.0.113.7, for="10.0.0.2', false, '127.0.0.1'],
    ] as const) {
      expect(await clientOf(ours, { forwarded }), forwarded).toEqual([secure, ip])
      expect(await clientOf(false, { forwarded }), forwarded).toEqual([false, '127.0.0.1'])
    }
  })

  it('ignores Forwarded and X-Forwarded headers that contradict each other, because the client may have sent one', async () => {
    const both = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' }
    expect(await clientOf(true, { ...both, forwarded: 'for="203.0.113.7:80";proto=https' })).toEqual([
      true,
      '203.0.113.7',
    ])
    expect(await clientOf(true, { ...both, forwarded: 'for=198.51.100.1;proto=https' })).toEqual([true, '127.0.0.1'])
    expect(await clientOf(true, { ...both, forwarded: 'for=203.0.113.7;proto=http' })).toEqual([false, '203.0.113.7'])
  })
})
