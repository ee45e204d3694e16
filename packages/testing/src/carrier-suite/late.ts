import { deferred } from '../deferred'
import type { Exchange } from './carrier-app'
import type { CarrierGroup } from './group'
import type { TestServer } from './test-server'
import type { Visitor } from './visitor'
import { chunksOf } from './ways-to-respond'

type LateChange = (session: Exchange['session']) => Promise<unknown>

/** Changes made after the headers are sent, each with the error code it throws, or undefined if it succeeds. */
async function changeLate(server: TestServer, like: Visitor, path: string): Promise<string> {
  const connection = await server.connect()
  connection.get(path, { cookie: like.jar.header })
  await connection.until('headers are gone;')
  headersAreGone.get(server)!.resolve()
  await connection.closed
  return /result: (\w+);/.exec(connection.received)![1]!
}

const headersAreGone = new WeakMap<TestServer, ReturnType<typeof deferred<void>>>()

/** A route that makes a change after its headers are sent. */
function lateRoute(server: TestServer, change: LateChange) {
  return async (c: Exchange) => {
    const { session } = c
    const gone = deferred()
    headersAreGone.set(server, gone)
    return c.stream(
      (async function* () {
        yield* chunksOf('headers are gone;')
        await gone.promise
        const result = await change(session).then(
          () => 'done',
          (error) => error.code,
        )
        yield* chunksOf(`result: ${result};`)
      })(),
    )
  }
}

const CHANGES: Record<string, LateChange> = {
  login: (session) => session.login('bob'),
  regenerate: (session) => session.regenerate(),
  save: (session) => {
    session.data.late = 'saved'
    return session.save()
  },
  update: (session) => session.update('late', () => 'updated'),
}

export function lateTests({ expect, test }: CarrierGroup): void {
  for (const [name, change] of Object.entries(CHANGES)) {
    test(`a late ${name} throws if it needs a cookie, and succeeds if it needs none`, async (server) => {
      const visitor = await server.serve({ 'GET /late': lateRoute(server, change) })
      // There is no session yet, so a data change needs a cookie. Regenerate has nothing to do and needs none.
      const atFirst = name === 'regenerate' ? 'done' : 'ERR_SESSION_HEADERS_SENT'
      expect(await changeLate(server, visitor, '/late')).toBe(atFirst)
      await visitor.post('/login')
      const works = server.hasStore && (name === 'save' || name === 'update')
      expect(await changeLate(server, visitor, '/late')).toBe(works ? 'done' : 'ERR_SESSION_HEADERS_SENT')
      const data = works ? { late: `${name}d` } : {}
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data })
    })
  }
}

export function lateStoreTests({ expect, test }: CarrierGroup): void {
  test('a late destroy ends the session, although its cookie can no longer be cleared', async (server) => {
    const visitor = await server.serve({ 'GET /late': lateRoute(server, (session) => session.destroy()) })
    await visitor.post('/login')
    expect(await changeLate(server, visitor, '/late')).toBe('done')
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'unknown', subject: null, data: {} })
  })
}
