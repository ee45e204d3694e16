import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { type NodeSameOriginOptions, sameOriginOnly } from '../src'
import { sameOriginOnly as webGuard } from '../src/web'

/** The status of a POST with these headers from this peer. */
function status(headers: IncomingMessage['headers'], options?: NodeSameOriginOptions, remoteAddress = '10.0.0.1') {
  try {
    sameOriginOnly(options)({ method: 'POST', headers, socket: { remoteAddress } } as IncomingMessage)
    return 200
  } catch (error) {
    return (error as { statusCode?: number }).statusCode
  }
}

describe('sameOriginOnly of node:http behind a proxy', () => {
  const origin = 'https://app.example'
  const host = 'internal:3000'
  const trustProxy = (address: string) => address.startsWith('10.')
  const proxied = { host, origin, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example' }

  it('takes scheme and host from a trusted proxy alone', () => {
    expect(status(proxied)).toBe(403)
    expect(status(proxied, { trustProxy: true })).toBe(200)
    expect(status(proxied, { trustProxy })).toBe(200)
    expect(status(proxied, { trustProxy }, '192.0.2.1')).toBe(403)
    expect(status({ host, origin: 'http://internal:3000' }, { trustProxy })).toBe(200)
  })

  it('reads Forwarded as well, and believes none of two that contradict each other', () => {
    const forwarded = 'for=192.0.2.1;proto=https;host="app.example"'
    expect(status({ host, origin, forwarded }, { trustProxy })).toBe(200)
    expect(status({ ...proxied, forwarded }, { trustProxy })).toBe(200)
    expect(status({ ...proxied, 'x-forwarded-host': 'evil.example', forwarded }, { trustProxy })).toBe(403)
  })

  it('takes the last of several forwarded hosts: the client can have written the others', () => {
    const headers = { ...proxied, 'x-forwarded-host': 'evil.example, app.example' }
    expect(status(headers, { trustProxy })).toBe(200)
    expect(status({ ...headers, origin: 'https://evil.example' }, { trustProxy })).toBe(403)
  })

  it('knows the authority of HTTP/2', () => {
    expect(status({ ':authority': 'app.example', origin: 'http://app.example' })).toBe(200)
  })
})

describe('sameOriginOnly of web-standard requests', () => {
  const post = (url: string, headers: Record<string, string>) => new Request(url, { method: 'POST', headers })

  it('compares with the URL of the request', () => {
    const guard = webGuard()
    guard(post('https://app.example/x', { origin: 'https://app.example' }))
    expect(() => guard(post('http://app.example/x', { origin: 'https://app.example' }))).toThrow()
  })

  it('takes scheme and host that the caller knows from a proxy', () => {
    const request = post('http://internal:3000/x', { origin: 'https://app.example' })
    const guard = webGuard()
    guard(request, { secure: true, host: 'app.example' })
    expect(() => guard(request, { secure: true })).toThrow()
    expect(() => guard(request)).toThrow(expect.objectContaining({ statusCode: 403 }))
  })
})
