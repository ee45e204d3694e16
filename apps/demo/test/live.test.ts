import { audit, auditMarkdown } from '@sojourn/session-cli'
import { afterEach, describe, expect, it } from 'vitest'
import type { Demo } from '../src/demo'
import { isOpen } from '../src/storages'
import { startedDemo } from './started'
import { Visitor } from './visitor'

/** A visitor's stream of events: what came so far, and a wait for what is to come. */
async function follow(visitor: Visitor, storage: string) {
  const stop = new AbortController()
  const headers = { cookie: visitor.jar.header ?? '' }
  const response = await fetch(`${visitor.url}/${storage}/events`, { headers, signal: stop.signal })
  let text = ''
  const waiting: (() => void)[] = []
  const reading = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true })
      for (const check of waiting) check()
    }
  })()
  reading.catch(() => {})
  const messages = () =>
    [...text.matchAll(/^(?:event: (\w+)\n)?data: (.*)$/gm)].map(([, event, data]) => ({
      event,
      data: JSON.parse(data!),
    }))
  const events = () => messages().flatMap(({ event, data }) => (event ? [] : [data]))
  return {
    status: response.status,
    text: () => text,
    events,
    lists: () => messages().flatMap(({ event, data }) => (event === 'sessions' ? [data] : [])),
    /** Resolves when something that came makes the check true. */
    until: (check: () => unknown) =>
      new Promise<void>((resolve) => {
        const look = () => void (check() && resolve())
        waiting.push(look)
        look()
      }),
    stop: () => stop.abort(),
  }
}

describe('live events', () => {
  let demo: Demo
  afterEach(() => demo.close())

  async function two(storage: string) {
    const started = await startedDemo()
    demo = started.demo
    const [here, there] = [new Visitor(started.urls[0]!), new Visitor(started.urls[2]!)]
    for (const visitor of [here, there]) await visitor.logIn(storage)
    const idOf = async (visitor: Visitor) => (await visitor.send('GET', `/${storage}/session`)).json.id as string
    return { ...started, here, there, thereId: await idOf(there), hereId: await idOf(here) }
  }

  it('reach all browsers of the user, in every framework: login, activity and renewal', async () => {
    const { clock, here, there, thereId } = await two('memory')
    const stream = await follow(here, 'memory')
    await stream.until(() =>
      stream.events().some(({ type, id, isPast }) => type === 'created' && id === thereId && isPast),
    )
    clock.advance(7)
    await there.send('GET', '/memory/session')
    await stream.until(() => stream.events().some(({ type, id }) => type === 'touched' && id === thereId))
    for (let i = 0; i < 4; i++) {
      clock.advance(50)
      await there.send('GET', '/memory/session')
    }
    await stream.until(() => stream.events().some(({ type, id }) => type === 'renewed' && id === thereId))
    stream.stop()
  })

  it.each(['memory', 'cookie'])(
    'tell a browser that its session was ended from another one, %s storage',
    async (storage) => {
      const { here, there, thereId } = await two(storage)
      const stream = await follow(there, storage)
      await here.send('DELETE', `/${storage}/sessions`)
      await stream.until(() => stream.events().some(({ type, id }) => type === 'revoked' && id === thereId))
      stream.stop()
    },
  )

  it('tell which sessions there are, and end one by its id', async () => {
    const { here, there, hereId, thereId } = await two('memory')
    const stream = await follow(there, 'memory')
    await stream.until(() => stream.lists().some((list) => list.length === 2))
    await here.send('DELETE', `/memory/sessions/${thereId}`)
    await stream.until(() => stream.lists().some((list) => list.length === 1 && list[0].id === hereId))
    expect(
      stream.events().filter(({ type, id, isPast }) => !isPast && type === 'revoked' && id === thereId),
    ).toHaveLength(1)
    stream.stop()
  })

  it('are no activity, and need a user', async () => {
    const { clock, here } = await two('memory')
    const stream = await follow(here, 'memory')
    clock.advance(59)
    const other = new Visitor(here.url)
    await other.logIn('memory')
    await stream.until(() => stream.events().some(({ type, isPast }) => type === 'created' && !isPast))
    clock.advance(2)
    expect((await here.send('GET', '/memory/session')).json.outcome).toBe('expired:idle')
    expect((await follow(here, 'memory')).status).toBe(401)
    stream.stop()
  })

  it('never hold a token, and neither does what the page is told of the cookie', async () => {
    const { here } = await two('memory')
    const stream = await follow(here, 'memory')
    await stream.until(() => stream.lists().length > 0)
    const token = here.jar.get('__Host-sojourn-memory')!
    const secret = token.slice(token.indexOf('.') + 1)
    expect(stream.text()).not.toContain(secret)
    const { json } = await here.send('GET', '/memory/evidence')
    expect(json.cookies).toEqual([expect.objectContaining({ name: '__Host-sojourn-memory', length: token.length })])
    expect(JSON.stringify(json)).not.toContain(secret)
    expect(JSON.stringify(json)).not.toContain(secret.slice(0, 8))
    expect(json.row.id).toBe(token.slice(0, token.indexOf('.')))
    stream.stop()
  })
})

describe('console', () => {
  let demo: Demo
  afterEach(() => demo.close())

  it('sets the clocks of all storages, and sessions live on under them', async () => {
    const started = await startedDemo()
    demo = started.demo
    const visitor = new Visitor(started.urls[1]!)
    await visitor.logIn('memory')
    const set = await visitor.send('PUT', '/demo/clocks', '{"idle":20}')
    expect([set.status, set.json.timeouts]).toEqual([
      200,
      expect.objectContaining({ idle: 20, rolling: 80, absolute: 400 }),
    ])
    const { json } = await visitor.send('GET', '/memory/session')
    expect([json.outcome, json.remaining]).toEqual(['resumed', { idle: 20, rolling: 80, absolute: 400 }])
    for (const body of ['{"idle":1}', '{"idle":"20"}', '{}', 'null', '[', '{"idle":1e9}']) {
      expect((await visitor.send('PUT', '/demo/clocks', body)).status).toBe(400)
    }
  })

  it('runs attempts and Kong by POST from its own page only, and answers unknown ones with 404', async () => {
    const started = await startedDemo()
    demo = started.demo
    const visitor = new Visitor(started.urls[2]!)
    const { status, json } = await visitor.send('POST', '/demo/attempt/replay?storage=memory')
    expect([status, json.ours.held, json.theirs.held]).toEqual([200, true, true])
    expect(json.ours.exchanges.map(({ request }: { request: string }) => request)).toEqual([
      'POST /auth',
      'DELETE /auth',
      'GET /session',
    ])
    const cross = { 'sec-fetch-site': 'cross-site' }
    expect((await visitor.send('POST', '/demo/attempt/replay', undefined, cross)).status).toBe(403)
    for (const path of ['attempt/none', 'attempt/replay?storage=none', 'attempt/toString', 'kong/none']) {
      expect((await visitor.send('POST', `/demo/${path}`)).status).toBe(404)
    }
    for (const path of ['attempt/replay?storage=redis', 'kong/https']) {
      const { status, json } = await visitor.send('POST', `/demo/${path}`)
      expect([status, json.error]).toEqual([503, 'ERR_STORAGE_MISSING'])
    }
  })

  it('has the policy and the audit of each storage from its manager, as JSON and as Markdown', async () => {
    const started = await startedDemo()
    demo = started.demo
    const visitor = new Visitor(started.urls[0]!)
    await visitor.send('PUT', '/demo/clocks', '{"idle":20}')
    for (const { name, sessions } of demo.storages.filter(isOpen)) {
      const expected = audit(sessions.describe())
      const { status, json } = await visitor.send('GET', `/demo/policy?storage=${name}`)
      expect([status, json]).toEqual([200, JSON.parse(JSON.stringify(expected))])
      expect(json.policy.timeouts.idle).toBe(20)
      const response = await fetch(`${visitor.url}/demo/policy.md?storage=${name}`)
      expect([response.headers.get('content-type'), await response.text()]).toEqual([
        'text/plain; charset=utf-8',
        auditMarkdown(expected),
      ])
    }
    for (const path of ['/demo/policy', '/demo/policy.md']) {
      expect((await visitor.send('GET', `${path}?storage=none`)).status).toBe(404)
      expect((await visitor.send('GET', `${path}?storage=redis`)).status).toBe(503)
    }
  })
})
