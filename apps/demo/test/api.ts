import { describe, expect, it } from 'vitest'
import { basic, Visitor } from './visitor'

/** What the demo promises under the path of one storage, in one framework. */
export function apiTests(name: string, url: string, storage: string): void {
  const visitor = () => new Visitor(url)
  const loggedIn = async () => {
    const somebody = visitor()
    await somebody.logIn(storage)
    return somebody
  }

  describe(name, () => {
    it('logs in by GET and by POST, with a cookie that scripts and other sites cannot use', async () => {
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

    it('refuses what is not the right name and password, without a dialog and without a cookie', async () => {
      const wrong = ['admin:wrong', 'root:sojourn', 'admin', ':', '', 'admin:sojourn:', 'admin:sojourn\n'].map(basic)
      for (const authorization of [...wrong, 'Basic', 'Basic %%%', 'Bearer admin:sojourn', '']) {
        const { status, headers, cookies } = await visitor().send('POST', `/${storage}/auth`, undefined, {
          authorization,
        })
        expect([status, headers.has('www-authenticate'), cookies]).toEqual([401, false, []])
      }
    })

    it('shows the session as it is', async () => {
      const somebody = await loggedIn()
      const { status, json, cookies } = await somebody.send('GET', `/${storage}/session`)
      expect(status).toBe(200)
      expect(json).toEqual({
        id: expect.any(String),
        outcome: 'resumed',
        subject: 'admin',
        data: {},
        remaining: { idle: expect.any(Number), rolling: expect.any(Number), absolute: expect.any(Number) },
      })
      expect(cookies).toEqual([])
    })

    it('keeps any JSON value under any key, and deletes it', async () => {
      const somebody = await loggedIn()
      const values = { a: 'tea', b: 3, c: null, d: false, e: [1, [2]], f: { g: {} }, 'ä/ö %': '', constructor: 1 }
      for (const [key, value] of Object.entries(values)) {
        const path = `/${storage}/session/data/${encodeURIComponent(key)}`
        expect((await somebody.send('PUT', path, JSON.stringify(value))).status).toBe(200)
      }
      expect((await somebody.send('GET', `/${storage}/session`)).json.data).toEqual(values)
      for (const key of Object.keys(values)) {
        const path = `/${storage}/session/data/${encodeURIComponent(key)}`
        expect((await somebody.send('DELETE', path)).status).toBe(200)
      }
      expect((await somebody.send('GET', `/${storage}/session`)).json.data).toEqual({})
    })

    it('takes JSON whatever type it is said to have', async () => {
      const somebody = await loggedIn()
      for (const type of [undefined, 'application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const headers: Record<string, string> = type ? { 'content-type': type } : {}
        const body = Buffer.from(JSON.stringify(`${type}`))
        const { json } = await somebody.send('PUT', `/${storage}/session/data/type`, body, headers)
        expect(json).toEqual({ data: { type: `${type}` } })
      }
    })

    it('refuses with 400 what is no JSON, and every __proto__', async () => {
      const somebody = await loggedIn()
      for (const body of ['', '{', 'undefined', 'NaN', "'a'", '{"__proto__":1}', '[{"a":{"\\u005f_proto__":{}}}]']) {
        const { status, json } = await somebody.send('PUT', `/${storage}/session/data/key`, body)
        expect([body, status]).toEqual([body, 400])
        expect(json).toEqual({ error: expect.stringMatching(/^ERR_/), message: expect.any(String) })
      }
      for (const method of ['PUT', 'DELETE']) {
        for (const key of ['__proto__', '%5F_proto__']) {
          const body = method === 'PUT' ? '{"polluted":true}' : undefined
          expect((await somebody.send(method, `/${storage}/session/data/${key}`, body)).status).toBe(400)
        }
      }
      expect((await somebody.send('GET', `/${storage}/session`)).json.data).toEqual({})
    })

    it('refuses a body of more than a megabyte, and stays usable', async () => {
      const somebody = await loggedIn()
      const long = JSON.stringify('x'.repeat(1024 * 1024))
      expect((await somebody.send('PUT', `/${storage}/session/data/long`, long)).status).toBe(413)
      expect((await somebody.send('GET', `/${storage}/session`)).json.data).toEqual({})
    })

    it('counts', async () => {
      const somebody = await loggedIn()
      await somebody.send('PUT', `/${storage}/session/data/counter`, '"no number"')
      for (const counter of [1, 2, 3]) {
        expect((await somebody.send('POST', `/${storage}/session/counter`)).json).toEqual({ counter })
      }
    })

    it('says 401, and why, to those who have no session', async () => {
      const calls = ['GET session', 'PUT session/data/a', 'DELETE session/data/a', 'POST session/counter']
      for (const call of [...calls, 'GET sessions', 'DELETE sessions', 'DELETE sessions/a']) {
        const [method, path] = call.split(' ') as [string, string]
        const body = method === 'PUT' ? '1' : undefined
        const { status, json } = await visitor().send(method, `/${storage}/${path}`, body)
        expect([call, status, json.outcome]).toEqual([call, 401, 'none'])
      }
    })

    it('clears the cookie at logout, and nobody gets in with a copy of it', async () => {
      const somebody = await loggedIn()
      const thief = somebody.copy()
      const { status, cookies } = await somebody.send('DELETE', `/${storage}/auth?session_logout=true`)
      expect([status, cookies.length]).toEqual([200, 1])
      expect(cookies[0]).toContain(`__Host-sojourn-${storage}=; Max-Age=0`)
      expect(somebody.jar.header).toBeUndefined()
      expect((await thief.send('GET', `/${storage}/session`)).status).toBe(401)
    })

    it('clears the cookie at a logout without a session too, and logs nobody out by accident', async () => {
      const stranger = visitor()
      stranger.jar.set(`__Host-sojourn-${storage}`, 'forged')
      const { status, cookies } = await stranger.send('DELETE', `/${storage}/auth?session_logout=true`)
      expect([status, cookies.length]).toEqual([200, 1])
      const somebody = await loggedIn()
      for (const query of ['', '?session_logout=false', '?session_logout']) {
        expect((await somebody.send('DELETE', `/${storage}/auth${query}`)).status).toBe(400)
      }
      expect((await somebody.send('GET', `/${storage}/session`)).status).toBe(200)
    })

    it('says 404 in JSON for what is not there', async () => {
      const somebody = await loggedIn()
      const paths = ['', '/', '/nothing', '/session/', '/session/data', '/session/data/', '/session/data/a/b', '/AUTH']
      for (const path of [...paths, '/sessions/', '//session', '/session/../auth/x', '/*', '/toString']) {
        const { status, json } = await somebody.send('POST', `/${storage}${path}`)
        expect([path, status, json.error]).toEqual([path, 404, 'ERR_NOT_FOUND'])
      }
      expect((await somebody.send('PUT', `/${storage}/session/data/%ff`, '1')).status).toBe(400)
    })
  })
}

/** What the demo promises where sessions are kept in a store. */
export function storeTests(name: string, url: string, storage: string): void {
  it(`${name} loses none of 50 parallel counts`, async () => {
    const visitor = new Visitor(url)
    await visitor.logIn(storage)
    const send = () => visitor.copy().send('POST', `/${storage}/session/counter`)
    const replies = await Promise.all(Array.from({ length: 50 }, send))
    const seen = replies.map(({ json }) => json.counter).sort((a, b) => a - b)
    expect(seen).toEqual(seen.map((_, index) => index + 1))
  })

  it(`${name} lists one's own sessions and ends them`, async () => {
    const [here, there, elsewhere] = [new Visitor(url), new Visitor(url), new Visitor(url)]
    for (const visitor of [here, there, elsewhere]) await visitor.logIn(storage)
    const idOf = async (visitor: Visitor) => (await visitor.send('GET', `/${storage}/session`)).json.id
    const [mine, other, third] = await Promise.all([here, there, elsewhere].map(idOf))

    const { sessions } = (await here.send('GET', `/${storage}/sessions`)).json
    const current = (id: string) => sessions.find((session: { id: string }) => session.id === id)?.current
    expect([mine, other, third].map(current)).toEqual([true, false, false])

    expect((await here.send('DELETE', `/${storage}/sessions/nobodys`)).status).toBe(404)
    expect((await here.send('DELETE', `/${storage}/sessions/${other}`)).status).toBe(200)
    expect((await here.send('DELETE', `/${storage}/sessions/${other}`)).status).toBe(404)
    expect((await there.send('GET', `/${storage}/session`)).status).toBe(401)

    expect((await here.send('DELETE', `/${storage}/sessions`)).json.ended).toBeGreaterThanOrEqual(1)
    expect((await elsewhere.send('GET', `/${storage}/session`)).status).toBe(401)
    expect((await here.send('GET', `/${storage}/session`)).status).toBe(200)

    const { cookies } = await here.send('DELETE', `/${storage}/sessions/${mine}`)
    expect(cookies[0]).toContain('Max-Age=0')
    expect((await here.send('GET', `/${storage}/session`)).status).toBe(401)
  })
}
