import { deferred } from '../deferred'
import { chunksOf } from './answers'
import type { Bench } from './bench'
import type { CarrierGroup } from './group'
import type { Exchange } from './harness'
import type { Visitor } from './visitor'

type LateChange = (session: Exchange['session']) => Promise<unknown>

/** What comes of a change that is made when the client has the headers already: a code, or nothing. */
async function changeLate(bench: Bench, like: Visitor, path: string): Promise<string> {
  const wire = await bench.wire()
  wire.get(path, { cookie: like.jar.header })
  await wire.until('headers are gone;')
  headersAreGone.get(bench)!.resolve()
  await wire.closed
  return /result: (\w+);/.exec(wire.received)![1]!
}

const headersAreGone = new WeakMap<Bench, ReturnType<typeof deferred<void>>>()

/** A route whose headers leave before it makes a change. */
function lateRoute(bench: Bench, change: LateChange) {
  return async (c: Exchange) => {
    const { session } = c
    const gone = deferred()
    headersAreGone.set(bench, gone)
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
    test(`a late ${name} throws where it needs a cookie, and is done where it needs none`, async (bench) => {
      const visitor = await bench.serve({ 'GET /late': lateRoute(bench, change) })
      // There is no session yet, so even data needs a cookie; a regenerate of nothing needs none.
      const atFirst = name === 'regenerate' ? 'done' : 'ERR_SESSION_HEADERS_SENT'
      expect(await changeLate(bench, visitor, '/late')).toBe(atFirst)
      await visitor.post('/login')
      const works = bench.hasStore && (name === 'save' || name === 'update')
      expect(await changeLate(bench, visitor, '/late')).toBe(works ? 'done' : 'ERR_SESSION_HEADERS_SENT')
      const data = works ? { late: `${name}d` } : {}
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data })
    })
  }
}

export function lateStoreTests({ expect, test }: CarrierGroup): void {
  test('a late destroy ends the session, although its cookie cannot be cleared any more', async (bench) => {
    const visitor = await bench.serve({ 'GET /late': lateRoute(bench, (session) => session.destroy()) })
    await visitor.post('/login')
    expect(await changeLate(bench, visitor, '/late')).toBe('done')
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'unknown', subject: null, data: {} })
  })
}
