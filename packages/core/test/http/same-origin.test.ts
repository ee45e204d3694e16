import { type OriginRequest, type SameOriginOptions, sameOriginOnly } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { ORIGIN_CASES, OWN_HOST, TRUSTED_ORIGIN } from '../../../testing/src/carrier-suite/origins'

/** What the guard throws for a request: the reason, or undefined if it passes. */
function refused(request: OriginRequest, options?: SameOriginOptions) {
  try {
    return sameOriginOnly(options)(request)
  } catch (error) {
    return error
  }
}

describe('sameOriginOnly', () => {
  it.each(
    ORIGIN_CASES.map((one) => [one.passes ? 'allows' : 'refuses', one.method ?? 'POST', one.title, one] as const),
  )('%s a %s %s', (_, method, __, { headers, passes }) => {
    const carrier = fakeCarrier({ method, secure: false, headers: { host: OWN_HOST, ...headers } })
    const error = refused(carrier, { trustedOrigins: [TRUSTED_ORIGIN] })
    if (passes) expect(error).toBeUndefined()
    else expect(error).toMatchObject({ code: 'ERR_SESSION_CROSS_ORIGIN', status: 403, statusCode: 403 })
  })

  it.each([
    ['https and its own host', { secure: true, headers: { origin: 'https://app.example' } }, undefined],
    ['https where the application sees http', { secure: false, headers: { origin: 'https://app.example' } }, 'origin'],
    ['http where the client used https', { secure: true, headers: { origin: 'http://app.example' } }, 'origin'],
    [
      'the default port of https',
      { secure: true, headers: { host: 'app.example:443', origin: 'https://app.example' } },
      undefined,
    ],
    ['an empty host', { secure: true, headers: { host: '', origin: 'https://app.example' } }, 'origin'],
    [
      'a host with a path',
      { secure: true, headers: { host: 'app.example/x', origin: 'https://app.example' } },
      'origin',
    ],
    [
      'a host with a user’s name',
      { secure: true, headers: { host: 'x@app.example', origin: 'https://app.example' } },
      'origin',
    ],
    [
      'a host with an unknown port',
      { secure: true, headers: { host: 'app.example:99999', origin: 'https://app.example' } },
      'origin',
    ],
    [
      'a host of raw bytes',
      { secure: true, headers: { host: 'müll.example', origin: 'https://xn--mll-hoa.example' } },
      'origin',
    ],
    ['a site', { secure: true, headers: { 'sec-fetch-site': 'cross-site' } }, 'sec-fetch-site'],
  ] as const)('by %s', (_, request, reason) => {
    const error = refused(fakeCarrier({ method: 'POST', ...request }))
    expect(error).toEqual(reason && expect.objectContaining({ reason }))
  })

  it.each([
    ['https where the application sees http', false, 'https://app.example', true],
    ['https where the application sees http, at a port', false, 'https://app.example:8443', true],
    ['another host', false, 'https://other.example', false],
    ['http where the client used https', true, 'http://app.example', false],
    ['no origin', false, 'null', false],
  ] as const)('names the trust proxy setting for %s: %o, %s', (_, secure, origin, isHinted) => {
    const host = origin.includes(':8443') ? 'app.example:8443' : 'app.example'
    const { message } = refused(fakeCarrier({ method: 'POST', secure, headers: { host, origin } })) as Error
    const hint =
      " Or the application sees http where the client used https. Behind a proxy that ends TLS, switch on the framework's trust proxy setting."
    expect(message).toBe(`The request comes from another site.${isHinted ? hint : ''}`)
  })

  it('names no setting where the browser itself says that the request is of another site', () => {
    const headers = { host: 'app.example', origin: 'https://app.example', 'sec-fetch-site': 'cross-site' }
    const { message } = refused(fakeCarrier({ method: 'POST', secure: false, headers })) as Error
    expect(message).toBe('The request comes from another site.')
  })

  it('takes the host that the framework names before the Host header', () => {
    const carrier = fakeCarrier({ method: 'POST', headers: { host: 'internal:3000', origin: 'https://app.example' } })
    expect(refused({ ...carrier, host: 'app.example' })).toBeUndefined()
    expect(refused({ ...carrier, host: 'other.example' })).toMatchObject({
      origin: 'https://app.example',
      ownOrigin: 'https://other.example',
    })
  })

  it('allows without options no other origin', () => {
    expect(refused(fakeCarrier({ method: 'POST', headers: { origin: TRUSTED_ORIGIN } }))).toMatchObject({
      statusCode: 403,
    })
  })

  it('refuses the method of a request that it does not know', () => {
    for (const method of ['TRACE', 'get', 'PURGE', '']) {
      expect(refused(fakeCarrier({ method, headers: { origin: 'https://evil.example' } })), method).toBeDefined()
    }
  })

  it.each([
    ['https://app.example/', 'https://app.example'],
    ['https://APP.example', 'https://app.example'],
    ['https://app.example:443', 'https://app.example'],
    ['https://müll.example', 'https://xn--mll-hoa.example'],
    ['https://*.example', 'write each'],
    ['*', 'write each'],
    ['null', 'write each'],
    ['app.example', 'write each'],
    ['', 'write each'],
    ['file:///', 'write each'],
    ['https://a.example, https://b.example', 'write each'],
    [undefined, 'write each'],
    [7, 'write each'],
  ])('does not take %j for an origin', (origin, hint) => {
    const error = {
      code: 'ERR_SESSION_CONFIG',
      option: 'sameOriginOnly.trustedOrigins',
      message: expect.stringContaining(hint),
    }
    expect(() => sameOriginOnly({ trustedOrigins: [origin as string] })).toThrow(expect.objectContaining(error))
  })

  it('takes the origins of web views', () => {
    for (const origin of ['capacitor://localhost', 'ionic://localhost', 'tauri://localhost', 'http://localhost:5173']) {
      const options = { trustedOrigins: [origin] }
      expect(refused(fakeCarrier({ method: 'POST', headers: { origin } }), options), origin).toBeUndefined()
    }
  })

  it('refuses options that it does not know', () => {
    expect(() => sameOriginOnly({ trustedOrigin: [] } as object)).toThrow('trustedOrigins?')
    expect(() => sameOriginOnly({ trustedOrigins: TRUSTED_ORIGIN as never })).toThrow('list')
  })
})
