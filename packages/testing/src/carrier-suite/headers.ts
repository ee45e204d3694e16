import type { CarrierGroup } from './group'
import { COOKIE } from './visitor'

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
    // Names that begin like ours, or like Set-Cookie attributes.
    ['a list of look-alikes', [`${COOKIE}s=1`, `x${COOKIE}=2`], [`${COOKIE}s=1`, `x${COOKIE}=2`]],
  ]
  for (const [what, value, lines] of others) {
    test(`other cookies are kept, in their order, and ours is there once: ${what}`, async (bench) => {
      const visitor = await bench.serve({
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
        const answer = await visitor.post(path)
        expect([path, answer.otherCookies]).toEqual([path, lines])
        // A store's session keeps its cookie where only data changes.
        expect([path, answer.cookies().length]).toEqual([path, path === '/changed' && bench.hasStore ? 0 : 1])
      }
      const unchanged = await visitor.get('/unchanged')
      expect([unchanged.lines('set-cookie'), unchanged.json()]).toEqual([lines, { n: 1 }])
    })
  }

  test('a first change of data sets our cookie beside the others', async (bench) => {
    const visitor = await bench.serve({
      'POST /begin': async (c) => {
        c.setHeader('Set-Cookie', ['a=1', 'b=2'])
        c.session.data.n = 1
        return c.json({})
      },
    })
    const answer = await visitor.post('/begin')
    expect([answer.otherCookies, answer.cookies().length]).toEqual([['a=1', 'b=2'], 1])
  })
}

function partsTest({ expect, test }: CarrierGroup): void {
  test('parts of a session that is too long for one cookie go with what they were part of', async (bench) => {
    const visitor = await bench.serve({
      'POST /long': async (c) => {
        c.session.data.long = 'x'.repeat(6000)
        return c.json({})
      },
      'POST /short': async (c) => {
        delete c.session.data.long
        return c.json({})
      },
    })
    const parts = bench.hasStore ? 1 : 3
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
  test('a response with our cookie may not be stored, and what else was said of caching stays', async (bench) => {
    let said = ''
    const visitor = await bench.serve({
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
      const answer = await visitor.post('/cached')
      expect([before, answer.lines('cache-control')]).toEqual([before, [after]])
    }
  })

  test('a response without our cookie keeps what was said of caching', async (bench) => {
    const visitor = await bench.serve({
      'GET /cached': async (c) => {
        c.setHeader('Cache-Control', 'public, max-age=60')
        return c.json(c.session.data)
      },
    })
    expect((await visitor.get('/cached')).lines('cache-control')).toEqual(['public, max-age=60'])
  })

  test('a response says Vary: Cookie where its handler asked for the session, and only there', async (bench) => {
    let said = ''
    const visitor = await bench.serve({
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
