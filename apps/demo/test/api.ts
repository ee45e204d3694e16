import { describe, expect, it } from 'vitest'
import { basic, Visitor } from './visitor'

/** The tests of the routes under one storage's path, in one framework. */
export function apiTests(name: string, url: string, storage: string): void {
  const visitor = () => new Visitor(url)
  /** The session's cookie and that of remember-me, both cleared. */
  const cleared = ['', '-remember'].map((kind) =>
    expect.stringContaining(`__Host-sojourn-${storage}${kind}=; Max-Age=0`),
  )
  const loggedIn = async () => {
    const user = visitor()
    await user.logIn(storage)
    return user
  }

  describe(name, () => {
    it('auth › logs in by GET and by POST, and sets one HttpOnly, Strict cookie', async () => {
      for (const method of ['GET', 'POST']) {
        const headers = { authorization: basic('admin:sojourn') }
        const { status, json, cookies } = await visitor().send(method, `/${storage}/auth`, undefined, headers)
        expect([status, json]).toEqual([200, { subject: 'admin' }])
        expect(cookies).toHaveLength(1)
        expect(cookies[0]).toMatch(
          new RegExp(`^__Host-sojourn-${storage}=.+; Path=/; HttpOnly; Secure; SameSite=Strict$`),
        )
      }
    })

    it('auth › answers wrong credentials with 401, without WWW-Authenticate and without a cookie', async () => {
      const wrong = ['admin:wrong', 'root:sojourn', 'admin', ':', '', 'admin:sojourn:', 'admin:sojourn\n'].map(basic)
      for (const authorization of [...wrong, 'Basic', 'Basic %%%', 'Bearer admin:sojourn', '']) {
        const { status, headers, cookies } = await visitor().send('POST', `/${storage}/auth`, undefined, {
          authorization,
        })
        expect([status, headers.has('www-authenticate'), cookies]).toEqual([401, false, []])
      }
    })

    it('session › returns id, outcome, subject, data and remaining seconds', async () => {
      const user = await loggedIn()
      const { status, json, cookies } = await user.send('GET', `/${storage}/session`)
      expect(status).toBe(200)
      expect(json).toEqual({
        id: expect.any(String),
        outcome: 'resumed',
        subject: 'admin',
        data: {},
        createdAt: expect.any(Number),
        authenticatedAt: expect.any(Number),
        remaining: { idle: expect.any(Number), rolling: expect.any(Number), absolute: expect.any(Number) },
      })
      expect(cookies).toEqual([])
    })

    it('session/data › stores and deletes any JSON value under any key', async () => {
      const user = await loggedIn()
      const values = { a: 'tea', b: 3, c: null, d: false, e: [1, [2]], f: { g: {} }, 'ä/ö %': '', constructor: 1 }
      for (const [key, value] of Object.entries(values)) {
        const path = `/${storage}/session/data/${encodeURIComponent(key)}`
        expect((await user.send('PUT', path, JSON.stringify(value))).status).toBe(200)
      }
      expect((await user.send('GET', `/${storage}/session`)).json.data).toEqual(values)
      for (const key of Object.keys(values)) {
        const path = `/${storage}/session/data/${encodeURIComponent(key)}`
        expect((await user.send('DELETE', path)).status).toBe(200)
      }
      expect((await user.send('GET', `/${storage}/session`)).json.data).toEqual({})
    })

    it('session/data › reads the body as JSON, with any Content-Type', async () => {
      const user = await loggedIn()
      for (const type of [undefined, 'application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const headers: Record<string, string> = type ? { 'content-type': type } : {}
        const body = Buffer.from(JSON.stringify(`${type}`))
        const { json } = await user.send('PUT', `/${storage}/session/data/type`, body, headers)
        expect(json).toEqual({ data: { type: `${type}` } })
      }
    })

    it('session/data › answers invalid JSON and the key __proto__ with 400', async () => {
      const user = await loggedIn()
      for (const body of ['', '{', 'undefined', 'NaN', "'a'", '{"__proto__":1}', '[{"a":{"\\u005f_proto__":{}}}]']) {
        const { status, json } = await user.send('PUT', `/${storage}/session/data/key`, body)
        expect([body, status]).toEqual([body, 400])
        expect(json).toEqual({ error: expect.stringMatching(/^ERR_/), message: expect.any(String) })
      }
      for (const method of ['PUT', 'DELETE']) {
        for (const key of ['__proto__', '%5F_proto__']) {
          const body = method === 'PUT' ? '{"polluted":true}' : undefined
          expect((await user.send(method, `/${storage}/session/data/${key}`, body)).status).toBe(400)
        }
      }
      expect((await user.send('GET', `/${storage}/session`)).json.data).toEqual({})
    })

    it('session/data › answers a body of more than a megabyte with 413, and keeps the session', async () => {
      const user = await loggedIn()
      const long = JSON.stringify('x'.repeat(1024 * 1024))
      expect((await user.send('PUT', `/${storage}/session/data/long`, long)).status).toBe(413)
      expect((await user.send('GET', `/${storage}/session`)).json.data).toEqual({})
    })

    it('session/counter › counts up, starting from a value that is no number', async () => {
      const user = await loggedIn()
      await user.send('PUT', `/${storage}/session/data/counter`, '"no number"')
      for (const counter of [1, 2, 3]) {
        expect((await user.send('POST', `/${storage}/session/counter`)).json).toEqual({ counter })
      }
    })

    it('every route › answers 401 with the outcome if there is no session', async () => {
      const calls = ['GET session', 'PUT session/data/a', 'DELETE session/data/a', 'POST session/counter']
      for (const call of [...calls, 'GET sessions', 'DELETE sessions', 'DELETE sessions/a']) {
        const [method, path] = call.split(' ') as [string, string]
        const body = method === 'PUT' ? '1' : undefined
        const { status, json } = await visitor().send(method, `/${storage}/${path}`, body)
        expect([call, status, json.outcome]).toEqual([call, 401, 'none'])
      }
    })

    it('logout › clears the cookies and ends every copy of them', async () => {
      const user = await loggedIn()
      const thief = user.copy()
      const { status, cookies } = await user.send('DELETE', `/${storage}/auth`)
      expect([status, cookies]).toEqual([200, cleared])
      expect(user.jar.header).toBeUndefined()
      expect((await thief.send('GET', `/${storage}/session`)).status).toBe(401)
    })

    it('logout › clears the cookie if there is no session', async () => {
      const stranger = visitor()
      stranger.jar.set(`__Host-sojourn-${storage}`, 'forged')
      const { status, cookies } = await stranger.send('DELETE', `/${storage}/auth`)
      expect([status, cookies]).toEqual([200, cleared])
    })

    it('me › says with 200 which framework answers and why there is a session, or none', async () => {
      const framework = /in (\w+)$/.exec(name)![1]
      const stranger = await visitor().send('GET', `/${storage}/me`)
      expect([stranger.status, stranger.json]).toEqual([200, expect.objectContaining({ framework, outcome: 'none' })])
      expect(stranger.json.subject).toBeUndefined()
      const user = await loggedIn()
      expect((await user.send('GET', `/${storage}/me`)).json).toMatchObject({
        framework,
        outcome: 'resumed',
        subject: 'admin',
      })
    })

    it('auth › remembers the login if it is asked to, and begins a session by it', async () => {
      const user = visitor()
      const headers = { authorization: basic('admin:sojourn') }
      await user.send('POST', `/${storage}/auth?remember=true`, undefined, headers)
      user.jar.set(`__Host-sojourn-${storage}`, '')
      const { json } = await user.send('GET', `/${storage}/session`)
      expect(json).toMatchObject({ outcome: 'restored', subject: 'admin' })
    })

    it('unknown paths › get a 404 in JSON', async () => {
      const user = await loggedIn()
      const paths = ['', '/', '/nothing', '/session/', '/session/data', '/session/data/', '/session/data/a/b', '/AUTH']
      for (const path of [...paths, '/sessions/', '//session', '/session/../auth/x', '/*', '/toString']) {
        const { status, json } = await user.send('POST', `/${storage}${path}`)
        expect([path, status, json.error]).toEqual([path, 404, 'ERR_NOT_FOUND'])
      }
      // Koa's router takes a key that is not well encoded as it is.
      expect([400, 200]).toContain((await user.send('PUT', `/${storage}/session/data/%ff`, '1')).status)
    })
  })
}

/** The tests of one storage that is a store. */
export function storeTests(name: string, url: string, storage: string): void {
  it(`${name} › session/counter › loses none of 50 parallel counts`, async () => {
    const visitor = new Visitor(url)
    await visitor.logIn(storage)
    const send = () => visitor.copy().send('POST', `/${storage}/session/counter`)
    const replies = await Promise.all(Array.from({ length: 50 }, send))
    const seen = replies.map(({ json }) => json.counter).sort((a, b) => a - b)
    expect(seen).toEqual(seen.map((_, index) => index + 1))
  })

  it(`${name} › sessions › lists the user's own sessions and ends them`, async () => {
    const [here, there, elsewhere] = [new Visitor(url), new Visitor(url), new Visitor(url)]
    for (const visitor of [here, there, elsewhere]) await visitor.logIn(storage)
    const idOf = async (visitor: Visitor) => (await visitor.send('GET', `/${storage}/session`)).json.id
    const [own, other, third] = await Promise.all([here, there, elsewhere].map(idOf))

    const { sessions } = (await here.send('GET', `/${storage}/sessions`)).json
    const current = (id: string) => sessions.find((session: { id: string }) => session.id === id)?.current
    expect([own, other, third].map(current)).toEqual([true, false, false])

    expect((await here.send('DELETE', `/${storage}/sessions/unknown-id`)).status).toBe(404)
    expect((await here.send('DELETE', `/${storage}/sessions/${other}`)).status).toBe(200)
    expect((await here.send('DELETE', `/${storage}/sessions/${other}`)).status).toBe(404)
    expect((await there.send('GET', `/${storage}/session`)).status).toBe(401)

    expect((await here.send('DELETE', `/${storage}/sessions`)).json.ended).toBeGreaterThanOrEqual(1)
    expect((await elsewhere.send('GET', `/${storage}/session`)).status).toBe(401)
    expect((await here.send('GET', `/${storage}/session`)).status).toBe(200)

    const { cookies } = await here.send('DELETE', `/${storage}/sessions/${own}`)
    expect(cookies[0]).toContain('Max-Age=0')
    expect((await here.send('GET', `/${storage}/session`)).status).toBe(401)
  })
}
