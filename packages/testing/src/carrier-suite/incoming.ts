import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { fakeCarrier } from '../fakes/fake-carrier'
import type { Bench, Routes } from './bench'
import type { CarrierGroup } from './group'
import { COOKIE, type Visitor } from './visitor'

export function incomingTests({ expect, test }: CarrierGroup): void {
  test('a route that does not ask for the session costs nothing and answers without a header of ours', async (bench) => {
    const visitor = await bench.serve()
    for (const cookie of [undefined, `${COOKIE}=`, 'other=1']) {
      const answer = await visitor.get('/plain', { cookie })
      expect([answer.status, answer.body]).toEqual([200, 'plain'])
      expect(['set-cookie', 'vary', 'cache-control'].map((name) => answer.lines(name))).toEqual([[], [], []])
    }
  })

  test('a route that reads the session of a new visitor leaves no cookie', async (bench) => {
    const visitor = await bench.serve()
    const answer = await visitor.get('/show')
    expect(answer.json()).toEqual({ outcome: 'none', subject: null, data: {} })
    expect(answer.lines('set-cookie')).toEqual([])
    expect(answer.header('vary')).toBe('Cookie')
    expect(answer.header('cache-control')).toBe(undefined)
  })

  test('a path that has no route is answered by the framework, without a header of ours', async (bench) => {
    const visitor = await bench.serve()
    const answer = await visitor.get('/nowhere')
    expect(answer.status).toBe(404)
    expect(['set-cookie', 'vary', 'cache-control'].map((name) => answer.lines(name))).toEqual([[], [], []])
  })

  test('whatever is wrong with a cookie, the answer is that to a new visitor', async (bench) => {
    const visitor = await bench.serve(newVisitorRoute)
    const stranger = await bench.another().get('/new')
    expect(stranger.json()).toEqual({ isNew: true, data: {} })
    for (const [what, cookie] of await wrongCookies(bench, visitor)) {
      const answer = await visitor.get('/new', { cookie })
      expect([what, answer.status, answer.body]).toEqual([what, 200, stranger.body])
      expect([what, answer.headers]).toEqual([what, stranger.headers])
    }
  })

  test('of several cookies of our name the only valid one counts, and two different valid ones are none', async (bench) => {
    const visitor = await bench.serve()
    const [mine, theirs] = [await tokenOf(visitor), await tokenOf(bench.another())]
    const outcomeOf = async (...values: string[]) => {
      const cookie = values.map((value) => `${COOKIE}=${value}`).join('; ')
      const { outcome } = (await visitor.get('/show', { cookie })).json() as { outcome: string }
      return outcome
    }
    for (const values of [[mine], [mine, mine], ['x', mine], [mine, 'x'], ['x', 'y', mine]]) {
      expect([values.length, await outcomeOf(...values)]).toEqual([values.length, 'resumed'])
    }
    expect(await outcomeOf(mine, theirs)).toBe('malformed')
  })
}

/** With a store, it can be seen that nothing was written. */
export function unwrittenTests({ expect, test }: CarrierGroup): void {
  test('no wrong cookie makes the store write anything', async (bench) => {
    const visitor = await bench.serve(newVisitorRoute)
    const cookies = await wrongCookies(bench, visitor)
    bench.store.resetCalls()
    for (const [what, cookie] of cookies) {
      await visitor.get('/new', { cookie })
      const { read, ...writes } = bench.store.calls
      expect([what, writes]).toEqual([what, {}])
    }
  })

  test('a request without a cookie does not ask the store', async (bench) => {
    const visitor = await bench.serve()
    await visitor.get('/plain')
    await visitor.get('/show')
    expect(bench.store.calls).toEqual({})
  })

  test('an unchanged session is read once and not written', async (bench) => {
    const visitor = await bench.serve()
    await visitor.post('/login')
    bench.store.resetCalls()
    const answer = await visitor.get('/show')
    expect(bench.store.calls).toEqual({ read: 1 })
    expect(answer.lines('set-cookie')).toEqual([])
  })
}

const newVisitorRoute: Routes = {
  'GET /new': async (c) => c.json({ isNew: c.session.isNew, data: c.session.data }),
}

async function tokenOf(visitor: Visitor): Promise<string> {
  await visitor.post('/login')
  const token = visitor.jar.get(COOKIE)!
  visitor.jar.delete(COOKIE)
  return token
}

/** Cookie headers by what is wrong with them. Bytes beyond ASCII are written as the characters of the same number. */
async function wrongCookies(bench: Bench, visitor: Visitor): Promise<[what: string, header: string][]> {
  const token = await tokenOf(visitor)
  const foreign = await foreignToken(bench)
  const values: [string, string][] = [
    ['empty', ''],
    ['only an equals sign', '='],
    ['garbage', 'x'],
    ['escapes', '%00%0d%0a%E2%80%A8'],
    ['a path', '../../etc/passwd'],
    ['JSON', '{"__proto__":{"isAdmin":true}}'],
    ['invalid UTF-8', '\xff\xfe\xc0\x80'],
    ['a bare prefix', 'Fe26.2'],
    ['only separators', 'Fe26.2*****'],
    ['as long as a cookie may not be', 'A'.repeat(4200)],
    ['almost all that Node lets through', 'A'.repeat(15_500)],
    ['of a foreign key', foreign],
    ['quoted', `"${token}"`],
    ['behind a no-break space', `\xa0${token}`],
    ['before an em space', `${token}\xe2\x80\x83`],
    ['escaped', `%${token.charCodeAt(0).toString(16)}${token.slice(1)}`],
    ['in two', `${token}${token}`],
    ...[1, 10, 43].map((cut): [string, string] => [`shorter by ${cut}`, token.slice(0, -cut)]),
    ...[0, 12, 30, token.length - 1].map((at): [string, string] => [`another at ${at}`, altered(token, at)]),
  ]
  return [
    ...values.map(([what, value]): [string, string] => [`a value that is ${what}`, `${COOKIE}=${value}`]),
    ['a name behind a no-break space', `\xa0${COOKIE}=${token}`],
    ['a name in lower case', `${COOKIE.toLowerCase()}=${token}`],
    ['an escaped name', `${COOKIE.replace('-', '%2D')}=${token}`],
    ['a longer name', `x${COOKIE}=${token}`],
    ['no equals sign', COOKIE],
    ['a hundred of them', Array.from({ length: 100 }, (_, n) => `${COOKIE}=${n}`).join('; ')],
    ['only semicolons', ';;;; ; ;'],
  ]
}

const altered = (token: string, at: number): string =>
  token.slice(0, at) + (token[at] === 'A' ? 'Q' : 'A') + token.slice(at + 1)

/** A cookie that is good in every way, for somebody with another secret and another store. */
async function foreignToken(bench: Bench): Promise<string> {
  const store = bench.hasStore ? memoryStore() : undefined
  const sessions = createSessionManager({
    secret: 'the secret of somebody else, longer than 32 bytes',
    store: store,
    clock: bench.clock,
  })
  const carrier = fakeCarrier()
  const session = await sessions.open(carrier)
  await session.login('mallory')
  await sessions.commit(session)
  return carrier.setCookies[0]!.slice(COOKIE.length + 1).split(';')[0]!
}
