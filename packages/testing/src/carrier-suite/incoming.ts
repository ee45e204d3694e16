import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { fakeCarrier } from '../fakes/fake-carrier'
import type { CarrierGroup } from './group'
import { COOKIE } from './response'
import type { Routes, TestServer } from './test-server'
import type { Visitor } from './visitor'

export function incomingTests({ expect, test }: CarrierGroup): void {
  test('a route that does not use the session makes no store call and gets no session header', async (server) => {
    const visitor = await server.serve()
    for (const cookie of [undefined, `${COOKIE}=`, 'other=1']) {
      const response = await visitor.get('/plain', { cookie })
      expect([response.status, response.body]).toEqual([200, 'plain'])
      expect(['set-cookie', 'vary', 'cache-control'].map((name) => response.lines(name))).toEqual([[], [], []])
    }
  })

  test('a route that reads the session of a new visitor sets no cookie', async (server) => {
    const visitor = await server.serve()
    const response = await visitor.get('/show')
    expect(response.json()).toEqual({ outcome: 'none', subject: null, data: {} })
    expect(response.lines('set-cookie')).toEqual([])
    expect(response.header('vary')).toBe('Cookie')
    expect(response.header('cache-control')).toBe(undefined)
  })

  test('a path without a route is answered by the framework, without session headers', async (server) => {
    const visitor = await server.serve()
    const response = await visitor.get('/nowhere')
    expect(response.status).toBe(404)
    expect(['set-cookie', 'vary', 'cache-control'].map((name) => response.lines(name))).toEqual([[], [], []])
  })

  test('a request with an invalid cookie is treated as a new visitor', async (server) => {
    const visitor = await server.serve(newVisitorRoute)
    const stranger = await server.another().get('/new')
    expect(stranger.json()).toEqual({ isNew: true, data: {} })
    for (const [what, cookie] of await wrongCookies(server, visitor)) {
      const response = await visitor.get('/new', { cookie })
      expect([what, response.status, response.body]).toEqual([what, 200, stranger.body])
      expect([what, response.headers]).toEqual([what, stranger.headers])
    }
  })

  test('of several session cookies the only valid one is used, and two different valid ones are rejected', async (server) => {
    const visitor = await server.serve()
    const [mine, theirs] = [await tokenOf(visitor), await tokenOf(server.another())]
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

/** Only a store shows that nothing was written. */
export function unwrittenTests({ expect, test }: CarrierGroup): void {
  test('an invalid cookie causes no write to the store', async (server) => {
    const visitor = await server.serve(newVisitorRoute)
    const cookies = await wrongCookies(server, visitor)
    server.store.resetCalls()
    for (const [what, cookie] of cookies) {
      await visitor.get('/new', { cookie })
      const { read, ...writes } = server.store.calls
      expect([what, writes]).toEqual([what, {}])
    }
  })

  test('a request without a cookie makes no store call', async (server) => {
    const visitor = await server.serve()
    await visitor.get('/plain')
    await visitor.get('/show')
    expect(server.store.calls).toEqual({})
  })

  test('an unchanged session is read once and not written', async (server) => {
    const visitor = await server.serve()
    await visitor.post('/login')
    server.store.resetCalls()
    const response = await visitor.get('/show')
    expect(server.store.calls).toEqual({ read: 1 })
    expect(response.lines('set-cookie')).toEqual([])
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

/** Invalid Cookie headers, by what is wrong with them. A byte above 127 is written as the character with that code. */
async function wrongCookies(server: TestServer, visitor: Visitor): Promise<[what: string, header: string][]> {
  const token = await tokenOf(visitor)
  const foreign = await foreignToken(server)
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

/** A valid cookie of another application, which has another secret and another store. */
async function foreignToken(server: TestServer): Promise<string> {
  const store = server.hasStore ? memoryStore() : undefined
  const sessions = createSessionManager({
    secret: 'the secret of another application, over 32 bytes',
    store: store,
    clock: server.clock,
  })
  const carrier = fakeCarrier()
  const session = await sessions.open(carrier)
  await session.login('mallory')
  await sessions.commit(session)
  return carrier.setCookies[0]!.slice(COOKIE.length + 1).split(';')[0]!
}
