import type { CarrierGroup } from './group'
import { COOKIE } from './response'

/** The cookie beside a Strict session cookie. */
const MARKER = `${COOKIE}-at`

const LINK = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

export function withheldTests({ expect, test }: CarrierGroup): void {
  test('a marker is set beside a Strict cookie, and cleared with it', async (server) => {
    const visitor = await server.serve({}, server.manager({ cookie: { marker: true } }))
    const login = await visitor.post('/login')
    expect(login.cookies().length).toBe(1)
    expect(login.cookies(MARKER)).toEqual([`${MARKER}=1; Path=/; HttpOnly; Secure; SameSite=Lax`])
    expect((await visitor.get('/show')).lines('set-cookie')).toEqual([])
    const logout = await visitor.post('/logout')
    expect([logout.cookies().length, logout.cookies(MARKER).length]).toEqual([1, 1])
    expect(visitor.jar.names).toEqual([])
  })

  test('where the marker came alone, the outcome is withheld and no cookie is set', async (server) => {
    const visitor = await server.serve({}, server.manager({ cookie: { marker: true } }))
    await visitor.post('/login')
    for (const headers of [LINK, undefined]) {
      const options = { cookie: `${MARKER}=1`, ...(headers && { headers }) }
      const shown = await visitor.get('/show', options)
      expect(shown.json()).toEqual({ outcome: 'withheld', subject: null, data: {} })
      const put = await visitor.post('/put?cart=tea', options)
      expect([put.status, shown.lines('set-cookie'), put.lines('set-cookie')]).toEqual([200, [], []])
    }
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
  })
}
