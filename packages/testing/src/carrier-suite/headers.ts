import type { CarrierGroup } from './group'
import { COOKIE } from './response'

export function headerTests(group: CarrierGroup): void {
  otherCookieTests(group)
  partsTest(group)
  cachingTests(group)
}

function otherCookieTests({ expect, test }: CarrierGroup): void {
  const others: [what: string, value: string | string[], lines: string[]][] = [
    ['a text', 'theme=dark; Path=/', ['theme=dark; Path=/']],
    ['a list', ['theme=dark', 'seen=1; Max-Age=5'], ['theme=dark', 'seen=1; Max-Age=5']],
    ['a list of one', ['theme=dark'], ['theme=dark']],
    // Names that begin like the session cookie, or like a Set-Cookie attribute.
    ['a list of look-alikes', [`${COOKIE}s=1`, `x${COOKIE}=2`], [`${COOKIE}s=1`, `x${COOKIE}=2`]],
  ]
  for (const [what, value, lines] of others) {
    test(`other cookies keep their order, and the session cookie is set once: ${what}`, async (server) => {
      const visitor = await server.serve({
        'POST /before': async (c) => {
          c.setHeader('Set-Cookie', value)
          await c.session.login('ann')
          return c.json({})
        },
        'POST /after': async (c) => {
          await c.session.login('ann')
          c.setHeader('Set-Cookie', value)
          return c.json({})
        },
        'POST /changed': async (c) => {
          c.session.data.n = Number(c.session.data.n ?? 0) + 1
          c.setHeader('Set-Cookie', value)
          return c.json({})
        },
        'GET /unchanged': async (c) => {
          c.setHeader('Set-Cookie', value)
          return c.json(c.session.data)
        },
      })
      for (const path of ['/before', '/after', '/changed']) {
        const response = await visitor.post(path)
        expect([path, response.otherCookies]).toEqual([path, lines])
        // In store mode a data change alone sets no cookie.
        expect([path, response.cookies().length]).toEqual([path, path === '/changed' && server.hasStore ? 0 : 1])
      }
      const unchanged = await visitor.get('/unchanged')
      expect([unchanged.lines('set-cookie'), unchanged.json()]).toEqual([lines, { n: 1 }])
    })
  }

  test('a first change of data sets the session cookie beside the others', async (server) => {
    const visitor = await server.serve({
      'POST /begin': async (c) => {
        c.setHeader('Set-Cookie', ['a=1', 'b=2'])
        c.session.data.n = 1
        return c.json({})
      },
    })
    const response = await visitor.post('/begin')
    expect([response.otherCookies, response.cookies().length]).toEqual([['a=1', 'b=2'], 1])
  })
}

function partsTest({ expect, test }: CarrierGroup): void {
  test('chunks of a long session are cleared with it', async (server) => {
    const visitor = await server.serve({
      'POST /long': async (c) => {
        c.session.data.long = 'x'.repeat(6000)
        return c.json({})
      },
      'POST /short': async (c) => {
        delete c.session.data.long
        return c.json({})
      },
    })
    const parts = server.hasStore ? 1 : 3
    await visitor.post('/long')
    expect(visitor.jar.names.length).toBe(parts)
    const { data } = (await visitor.get('/show')).json() as { data: { long: string } }
    expect(data.long.length).toBe(6000)
    await visitor.post('/short')
    expect(visitor.jar.names).toEqual([COOKIE])
    await visitor.post('/long')
    await visitor.post('/destroy')
    expect(visitor.jar.names).toEqual([])
  })
}

function cachingTests({ expect, test }: CarrierGroup): void {
  test('a response with the session cookie is marked no-store, and keeps other Cache-Control directives', async (server) => {
    let said = ''
    const visitor = await server.serve({
      'POST /cached': async (c) => {
        if (said) c.setHeader('Cache-Control', said)
        await c.session.login('ann')
        return c.json({})
      },
    })
    for (const [before, after] of [
      ['', 'no-store'],
      ['no-store', 'no-store'],
      ['public, max-age=60', 'max-age=60, no-store'],
      ['s-maxage=5, must-revalidate', 'must-revalidate, no-store'],
      ['PUBLIC, S-MaxAge=5', 'no-store'],
      ['private="x, y", public', 'private="x, y", no-store'],
    ] as const) {
      said = before
      const response = await visitor.post('/cached')
      expect([before, response.lines('cache-control')]).toEqual([before, [after]])
    }
  })

  test('a response without the session cookie keeps its Cache-Control', async (server) => {
    const visitor = await server.serve({
      'GET /cached': async (c) => {
        c.setHeader('Cache-Control', 'public, max-age=60')
        return c.json(c.session.data)
      },
    })
    expect((await visitor.get('/cached')).lines('cache-control')).toEqual(['public, max-age=60'])
  })

  test('a response has Vary: Cookie if its handler used the session, and only then', async (server) => {
    let said = ''
    const visitor = await server.serve({
      'GET /asked': async (c) => {
        if (said) c.setHeader('Vary', said)
        return c.json(c.session.subject ?? null)
      },
      'GET /ignored': async (c) => {
        if (said) c.setHeader('Vary', said)
        return c.json(null)
      },
    })
    await visitor.post('/login')
    for (const [before, after] of [
      ['', 'Cookie'],
      ['Accept-Language', 'Accept-Language, Cookie'],
      ['cookie', 'cookie'],
      ['Accept-Language, COOKIE', 'Accept-Language, COOKIE'],
      ['*', '*'],
    ] as const) {
      said = before
      expect([before, (await visitor.get('/asked')).lines('vary')]).toEqual([before, [after]])
      expect([before, (await visitor.get('/ignored')).lines('vary')]).toEqual([before, before ? [before] : []])
    }
  })
}
