import { context, DiagLogLevel, diag, type MeterProvider, type TracerProvider, trace } from '@opentelemetry/api'
import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { instrumentSessions } from '@sojourn/session-otel'
import { CookieJar, fakeCarrier, flakyStore } from '@sojourn/session-testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Telemetry } from './support/telemetry'

const secret = 'a secret for tests, at least 32 bytes long'

function makeSessions() {
  const store = flakyStore(memoryStore())
  const sessions = createSessionManager({ secret, store, audience: 'shop', cookie: { marker: false } })
  type Handler = (session: Awaited<ReturnType<typeof sessions.open>>) => unknown
  /** One request, below a span of its own, as a server's instrumentation makes it. */
  async function visit(jar: CookieJar, handler: Handler = () => {}): Promise<void> {
    const span = trace.getTracer('test').startSpan('request')
    await context.with(trace.setSpan(context.active(), span), async () => {
      const carrier = fakeCarrier({ cookie: jar })
      const session = await sessions.open(carrier)
      await handler(session)
      await sessions.commit(session)
      jar.take(carrier.setCookies)
    })
    span.end()
  }
  return { sessions, store, visit }
}

describe('spans', () => {
  let telemetry: Telemetry
  beforeEach(() => {
    telemetry = new Telemetry()
  })
  afterEach(() => telemetry.close())

  it('nest: store calls below the operation that makes them, and that below the request', async () => {
    const { visit } = makeSessions()
    const jar = new CookieJar()
    await visit(jar, (session) => session.login('ada'))
    expect(telemetry.paths).toEqual([
      'request',
      'request > session login',
      'request > session login > session store create',
      'request > session open',
    ])
    telemetry.forgetSpans()
    await visit(jar, (session) => {
      session.data.cart = ['tea']
    })
    expect(telemetry.paths).toEqual([
      'request',
      'request > session commit',
      'request > session commit > session store update',
      'request > session open',
      'request > session open > session store read',
    ])
  })

  it('say what happened, to which session, and nothing that is secret', async () => {
    const { visit } = makeSessions()
    const jar = new CookieJar()
    let id = ''
    await visit(jar, async (session) => {
      await session.login('ada')
      id = session.id
    })
    await visit(jar, (session) => {
      session.data.cart = ['tea']
    })
    const source = { 'sojourn.audience': 'shop', 'sojourn.store.kind': 'memory' }
    const attributes = telemetry.spans.map((span) => [span.name, span.attributes])
    expect(attributes.filter(([name]) => name !== 'request')).toEqual([
      ['session open', { ...source, 'sojourn.outcome': 'none' }],
      ['session store create', { ...source, 'sojourn.store.operation': 'create', 'sojourn.session.id': id }],
      [
        'session login',
        { ...source, 'sojourn.operation.name': 'login', 'sojourn.session.id': id, 'sojourn.retries': 0 },
      ],
      ['session store read', { ...source, 'sojourn.store.operation': 'read', 'sojourn.session.id': id }],
      ['session open', { ...source, 'sojourn.outcome': 'resumed', 'sojourn.session.id': id }],
      ['session store update', { ...source, 'sojourn.store.operation': 'update', 'sojourn.session.id': id }],
      [
        'session commit',
        {
          ...source,
          'sojourn.commit.action': 'write',
          'sojourn.commit.keys': 1,
          'sojourn.session.id': id,
          'sojourn.retries': 0,
        },
      ],
    ])
  })

  it('of a store that fails have the status of an error and its code', async () => {
    const { store, visit } = makeSessions()
    const jar = new CookieJar()
    await visit(jar, (session) => session.login('ada'))
    telemetry.forgetSpans()
    store.next('read', 'throw', 1)
    await expect(visit(jar)).rejects.toThrow()
    const failed = telemetry.spans.map(({ name, status, attributes }) => [name, status.code, attributes['error.type']])
    expect(failed).toEqual([
      ['session store read', 2, 'ERR_STORE_UNAVAILABLE'],
      ['session open', 2, 'ERR_STORE_UNAVAILABLE'],
    ])
  })

  it('of two instrumentations nest each in its own trace, and the work runs once', async () => {
    const stop = instrumentSessions({ tracerProvider: telemetry.tracerProvider })
    const { visit } = makeSessions()
    await visit(new CookieJar(), (session) => session.login('ada'))
    stop()
    const names = telemetry.spans.map(({ name }) => name)
    expect(names.filter((name) => name === 'session store create')).toHaveLength(2)
  })

  it('end with instrumentation: after stop, nothing is recorded', async () => {
    telemetry.stop()
    const { visit } = makeSessions()
    await visit(new CookieJar(), (session) => session.login('ada'))
    expect(telemetry.paths).toEqual(['request'])
    expect([...(await telemetry.metrics()).values()].flat()).toEqual([])
  })
})

describe('instrumentSessions', () => {
  it('harms no request where the SDK throws, and tells diag', async () => {
    const errors: unknown[] = []
    const log = (...args: unknown[]) => void errors.push(args)
    diag.setLogger({ error: log, warn: log, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR)
    const fail = () => {
      throw new Error('the SDK failed')
    }
    const tracerProvider = { getTracer: () => ({ startSpan: fail, startActiveSpan: fail }) } as TracerProvider
    const instrument = { add: fail, record: fail }
    const meterProvider = {
      getMeter: () => ({ createCounter: () => instrument, createHistogram: () => instrument }),
    } as unknown as MeterProvider
    const stop = instrumentSessions({ tracerProvider, meterProvider })
    const { visit } = makeSessions()
    const jar = new CookieJar()
    await visit(jar, (session) => session.login('ada'))
    let subject: string | undefined
    await visit(jar, (session) => {
      subject = session.subject
    })
    stop()
    diag.disable()
    expect(subject).toBe('ada')
    expect(errors.length).toBeGreaterThan(5)
  })

  it.each([
    ['tracerProvider', { tracerProvider: {} }],
    ['meterProvider', { meterProvider: 1 }],
    ['tracerprovider', { tracerprovider: trace.getTracerProvider() }],
  ])('refuses a wrong %s by name', (option, options) => {
    expect(() => instrumentSessions(options as never)).toThrow(`instrumentSessions.${option}`)
  })
})
