import type { IncomingMessage } from 'node:http'
import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { memberNames, pollutionsSeen } from '../../core/test/helpers/pollution'
import { type NodeSameOriginOptions, requireFresh, sameOriginOnly } from '../src'
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

it('the guards read no option, header or member of a request from a polluted Object.prototype', async () => {
  const sessions = createSessionManager({ secret: 'a secret of more than thirty-two bytes', store: memoryStore() })
  const anonymous = {}
  await sessions.open(fakeCarrier(), anonymous)
  const fresh = () => {
    try {
      return requireFresh(sessions, { within: 300 })(anonymous)
    } catch (error) {
      return (error as { reason?: string }).reason
    }
  }
  const web = (headers: Record<string, string>) => {
    try {
      webGuard()(new Request('https://app.example/', { method: 'POST', headers }))
      return 200
    } catch (error) {
      return (error as { statusCode?: number }).statusCode
    }
  }
  const own = { host: 'app.example', origin: 'http://app.example' }
  const forwarded = { host: 'app.example', 'x-forwarded-host': 'evil.example', origin: 'http://evil.example' }
  const story = async () => [
    fresh(),
    status({ host: 'app.example' }),
    status(own),
    status(forwarded),
    status({ ...own, 'x-forwarded-proto': 'http' }, { trustProxy: true }),
    status({ ...own, 'sec-fetch-site': 'cross-site' }),
    web({ origin: 'https://evil.example' }),
    web({ origin: 'https://app.example' }),
  ]
  expect(await story()).toEqual(['anonymous', 200, 200, 403, 200, 403, 403, 200])
  const names = ['http', 'core'].flatMap((name) => memberNames(new URL(`../../${name}/src/`, import.meta.url)))
  const headers = ['origin', 'host', 'sec-fetch-site', 'x-forwarded-host', ':authority']
  const others = async () => [new Request('https://app.example/', { method: 'POST' }).method]
  // A socket of Node that is not encrypted has no such member, and every framework asks for it.
  const read = [...names, ...headers, 'forwarded'].filter((name) => name !== 'encrypted')
  expect(await pollutionsSeen([...new Set(read)], story, others)).toEqual([])
})
