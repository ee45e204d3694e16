import type { SessionEvent } from '@sojourn/session-core'
import { deferred } from '../deferred'
import type { CarrierHandler, Exchange } from './carrier-app'
import type { CarrierGroup } from './group'
import { everythingElse } from './raw-connection'
import type { TestServer } from './test-server'
import { chunksOf } from './ways-to-respond'

type Dropped = Extract<SessionEvent, { type: 'change-dropped' }>

/** Serves `handler` at `GET /change` to a visitor who is logged in. `reported` resolves to the next report of a dropped change. */
async function serveChange(server: TestServer, handler: CarrierHandler) {
  const reports: Dropped[] = []
  let next = deferred<Dropped>()
  const onEvent = (event: SessionEvent) => {
    if (event.type !== 'change-dropped') return
    reports.push(event)
    next.resolve(event)
  }
  let id: string | undefined
  const noteId: CarrierHandler = (c) => {
    id = c.session.id
    return handler(c)
  }
  const visitor = await server.serve({ 'GET /change': noteId }, server.manager({ onEvent }))
  await visitor.post('/login')
  const reported = async () => {
    const { keys, reason, ...event } = await next.promise
    next = deferred()
    return { keys, reason, isOwn: event.id === id && typeof event.subjectKey === 'string' }
  }
  return { visitor, reports, reported }
}

export function droppedChangeTests({ expect, test }: CarrierGroup): void {
  const failure = Object.assign(new Error('thrown by a handler'), { status: 500, statusCode: 500 })
  const endings: Record<string, (c: Exchange) => unknown> = {
    'a response of 500': (c) => c.send(500, 'no'),
    'a thrown 500': () => Promise.reject(failure),
  }
  for (const [what, end] of Object.entries(endings)) {
    test(`${what} reports the changes that it drops, once`, async (server) => {
      const { visitor, reports, reported } = await serveChange(server, async (c) => {
        c.session.data.n = 1
        return end(c)
      })
      expect((await visitor.get('/change')).status).toBe(500)
      expect(await reported()).toEqual({ keys: ['n'], reason: 'status', isOwn: true })
      await visitor.get('/plain')
      await everythingElse()
      expect(reports.length).toBe(1)
    })
  }

  test('a change after the headers is reported, and one before them is stored', async (server) => {
    const { visitor, reported } = await serveChange(server, async (c) => {
      c.session.data.early = 1
      return c.stream(
        (async function* () {
          yield* chunksOf('the first byte')
          await everythingElse()
          c.session.data.late = 1
          yield* chunksOf('the last byte')
        })(),
      )
    })
    expect((await visitor.get('/change')).status).toBe(200)
    expect(await reported()).toEqual({ keys: ['late'], reason: 'headers-sent', isOwn: true })
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: { early: 1 } })
  })

  test('a change after the end of the response is reported', async (server) => {
    const { promise: answered, resolve: answer } = deferred()
    const { visitor, reported } = await serveChange(server, async (c) => {
      answered.then(() => {
        c.session.data.late = 1
      })
      return c.send(200, 'the body')
    })
    await visitor.get('/change')
    await everythingElse()
    answer()
    expect(await reported()).toEqual({ keys: ['late'], reason: 'headers-sent', isOwn: true })
  })

  test('changes that are stored, and reading, are not reported', async (server) => {
    const { visitor, reports } = await serveChange(server, async (c) => {
      c.session.data.n = Number(c.session.data.n ?? 0) + 1
      return c.stream(chunksOf('the ', 'body'))
    })
    await visitor.get('/change')
    await visitor.get('/change')
    await visitor.get('/show')
    await everythingElse()
    expect(reports).toEqual([])
  })
}

/** The handler changes `data` through a reference that it got before the headers left. */
export function aliasedChangeTests({ expect, test }: CarrierGroup): void {
  test('a change through a reference to data that is older than the headers is reported', async (server) => {
    const { visitor, reported } = await serveChange(server, async (c) => {
      const { data } = c.session
      return c.stream(
        (async function* () {
          yield* chunksOf('the first byte')
          await everythingElse()
          data.late = 1
          yield* chunksOf('the last byte')
        })(),
      )
    })
    await visitor.get('/change')
    expect(await reported()).toEqual({ keys: ['late'], reason: 'headers-sent', isOwn: true })
  })
}

export function goneChangeTests({ expect, test }: CarrierGroup): void {
  test('changes for a client that left before the response are reported', async (server) => {
    const arrived = deferred()
    const { visitor, reported } = await serveChange(server, async (c) => {
      const gone = c.gone()
      arrived.resolve()
      await gone
      c.session.data.n = 1
      return c.send(200, 'the body')
    })
    const connection = await server.connect()
    connection.get('/change', { cookie: visitor.jar.header })
    await arrived.promise
    connection.cut()
    expect(await reported()).toEqual({ keys: ['n'], reason: 'aborted', isOwn: true })
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
  })
}
