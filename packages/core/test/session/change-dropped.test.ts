import type { Session } from '@sojourn/session-core'
import { type FakeCarrier, fakeCarrier, flakyStore, parkedStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, modes, world } from '../helpers/browser'

type World = ReturnType<(typeof modes)[number]['make']>

/** The changes that were reported as dropped. */
const dropped = ({ events }: Pick<World, 'events'>) =>
  events.flatMap((event) =>
    event.type === 'change-dropped' ? { id: event.id, keys: event.keys, reason: event.reason } : [],
  )

/** One request: a session that is open, and what its adapter does with it. */
async function opened(all: World, user = all.browser()) {
  const carrier = fakeCarrier({ cookie: user.jar })
  const session = await all.sessions.open(carrier)
  /** The headers leave, and the response is sent. */
  const send = async () => {
    await all.sessions.commit(session)
    carrier.headersSent = true
  }
  /** The response is over. */
  const close = () => all.sessions.commit(session)
  return { carrier, session, send, close }
}

describe.each(modes)('changes that no response stores, sessions in $mode', ({ mode, make }) => {
  async function loggedIn() {
    const all = make()
    const user = all.browser()
    const { session } = await user.visit((first) => first.login('ada'))
    return { all, user, id: session.id }
  }

  it.each<[string, (carrier: FakeCarrier) => unknown, string]>([
    ['a status of 500', (carrier) => Object.assign(carrier, { statusCode: 500 }), 'status'],
    ['a status of 503', (carrier) => Object.assign(carrier, { statusCode: 503 }), 'status'],
    ['a client that has left', (carrier) => Object.assign(carrier, { aborted: true }), 'aborted'],
  ])('are reported beside %s, once', async (_, answer, reason) => {
    const { all, user, id } = await loggedIn()
    const { carrier, session, send, close } = await opened(all, user)
    session.data.cart = ['tea']
    session.data.n = 1
    answer(carrier)
    await send()
    await close()
    await close()
    expect(dropped(all)).toEqual([{ id, keys: ['cart', 'n'], reason }])
    expect((await user.visit()).session.data).toEqual({})
  })

  it('are reported at the end of the response if they were made after the headers', async () => {
    const { all, user, id } = await loggedIn()
    const { session, send, close } = await opened(all, user)
    const { data } = session
    data.first = 1
    await send()
    data.late = 1
    expect(dropped(all)).toEqual([])
    close()
    expect(dropped(all)).toEqual([{ id, keys: ['late'], reason: 'headers-sent' }])
  })

  it('are reported if they are made after the end of the response', async () => {
    const { all, user, id } = await loggedIn()
    const { session, send, close } = await opened(all, user)
    await send()
    close()
    session.data.late = 1
    session.data.later = 2
    await undefined
    await undefined
    expect(dropped(all)).toEqual([{ id, keys: ['late', 'later'], reason: 'headers-sent' }])
    session.data = { replaced: true }
    await all.sessions.close()
    expect(dropped(all).slice(1)).toEqual([{ id, keys: ['replaced'], reason: 'headers-sent' }])
  })

  it('are reported after the client has left, with and without an end of the response', async () => {
    const { all, user, id } = await loggedIn()
    const { carrier, session, send, close } = await opened(all, user)
    session.data.before = 1
    carrier.aborted = true
    close()
    session.data.after = 1
    await undefined
    await undefined
    expect(dropped(all)).toEqual([
      { id, keys: ['before'], reason: 'aborted' },
      { id, keys: ['after'], reason: 'aborted' },
    ])
    await send()
    expect(dropped(all)).toHaveLength(2)
  })

  it('have no id if nothing of the session is stored', async () => {
    const all = make()
    const { carrier, session, send } = await opened(all)
    session.data.n = 1
    carrier.statusCode = 500
    await send()
    expect(dropped(all)).toEqual([{ id: undefined, keys: ['n'], reason: 'status' }])
  })

  it('are reported with the key of a value that cannot be stored, and are no error', async () => {
    const { all, user, id } = await loggedIn()
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const { carrier, session, send } = await opened(all, user)
    Object.assign(session.data, { big: 1n, call: () => {}, circle, at: new Date(0), gone: undefined })
    carrier.statusCode = 500
    await send()
    expect(dropped(all)).toEqual([{ id, keys: ['big', 'call', 'circle', 'at'], reason: 'status' }])
  })

  it.each<[string, (session: Session<AnyData>) => unknown]>([
    ['nothing was changed', (session) => session.data.n],
    ['a change was taken back', (session) => Object.assign(session.data, { n: 1 }) && delete session.data.n],
    ['a change was saved', (session) => Object.assign(session.data, { n: 1 }) && session.save()],
    ['the session was never used', () => {}],
  ])('are not reported if %s', async (_, handler) => {
    const { all, user } = await loggedIn()
    const { carrier, session, send, close } = await opened(all, user)
    await handler(session)
    carrier.statusCode = 500
    await send()
    close()
    expect(dropped(all)).toEqual([])
  })

  it('are not reported if save stores them after the headers', async () => {
    if (mode !== 'a store') return
    const { all, user } = await loggedIn()
    const { session, send, close } = await opened(all, user)
    await send()
    session.data.n = 1
    const saved = session.save()
    close()
    await saved
    session.data.n = 2
    await session.save()
    await all.sessions.close()
    expect(dropped(all)).toEqual([])
    expect((await user.visit()).session.data).toEqual({ n: 2 })
  })
})

describe('changes that a commit stores or refuses', () => {
  it('are not reported if the client leaves while they are being stored', async () => {
    const all = world({ wrap: parkedStore })
    const user = all.browser()
    await user.visit((first) => first.login('ada'))
    const { carrier, session, send, close } = await opened(all, user)
    session.data.n = 1
    all.store.park('update')
    const sent = send()
    const update = await all.store.nextParked('update')
    carrier.aborted = true
    const closed = close()
    await update.release()
    await Promise.all([sent, closed])
    expect(dropped(all)).toEqual([])
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('are not reported if the error path has the reason, and later ones are', async () => {
    const all = world({ wrap: flakyStore })
    const user = all.browser()
    const { session: first } = await user.visit((mine) => mine.login('ada'))
    const { carrier, session, close } = await opened(all, user)
    session.data.n = 1
    all.store.next('update', 'throw', 3)
    await expect(all.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    carrier.statusCode = 503
    session.data.flash = 'try again'
    await all.sessions.commit(session)
    carrier.headersSent = true
    close()
    expect(dropped(all)).toEqual([{ id: first.id, keys: ['flash'], reason: 'status' }])
  })
})
