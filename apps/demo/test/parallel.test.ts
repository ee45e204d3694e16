import { afterEach, describe, expect, it } from 'vitest'
import type { Demo } from '../src/demo'
import { isOpen } from '../src/storages'
import { startedDemo } from './started'
import { Visitor } from './visitor'

const times = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('parallel requests, memory storage', () => {
  let demo: Demo
  afterEach(() => demo.close())

  /** A logged-in visitor, and a function that spreads parallel requests over the three frameworks. */
  async function begin(env: Record<string, string> = {}) {
    const started = await startedDemo(env)
    const { clock, urls } = started
    demo = started.demo
    const visitor = new Visitor(urls[0]!)
    await visitor.logIn('memory')
    const parallel = (count: number, send: (visitor: Visitor, index: number) => ReturnType<Visitor['send']>) =>
      Promise.all(times(count).map((index) => send(visitor.copy(urls[index % urls.length]), index)))
    const { sessions } = demo.storages.filter(isOpen).find(({ name }) => name === 'memory')!
    return { clock, visitor, parallel, sessions }
  }

  it('data › keeps the changes of 50 requests to 50 keys', async () => {
    const { visitor, parallel } = await begin()
    const replies = await parallel(50, (each, i) => each.send('PUT', `/memory/session/data/key${i}`, `${i}`))
    expect(replies.map(({ status }) => status)).toEqual(times(50).map(() => 200))
    const { data } = (await visitor.send('GET', '/memory/session')).json
    expect(data).toEqual(Object.fromEntries(times(50).map((i) => [`key${i}`, i])))
  })

  it('counter › loses none of 200 counts, and returns each number once', async () => {
    const { visitor, parallel } = await begin()
    const replies = await parallel(200, (each) => each.send('POST', '/memory/session/counter'))
    const seen = replies.map(({ json }) => json.counter).sort((a, b) => a - b)
    expect(seen).toEqual(times(200).map((i) => i + 1))
    expect((await visitor.send('GET', '/memory/session')).json.data).toEqual({ counter: 200 })
  })

  it('renewal › gives 50 parallel requests the same new cookie', async () => {
    const { clock, visitor, parallel, sessions } = await begin({ ROLLING: '4' })
    const before = visitor.jar.get('__Host-sojourn-memory')
    clock.advance(3)
    expect((await visitor.send('GET', '/memory/session')).cookies).toEqual([])
    clock.advance(0.1)
    const replies = await parallel(50, (each, i) => each.send('PUT', `/memory/session/data/key${i}`, `${i}`))
    expect(replies.map(({ status }) => status)).toEqual(times(50).map(() => 200))
    expect(sessions.counters().events.renewed).toBe(1)
    const handedOut = new Set(replies.flatMap(({ cookies }) => cookies))
    expect(handedOut.size).toBe(1)
    visitor.jar.take([...handedOut])
    expect(visitor.jar.get('__Host-sojourn-memory')).not.toBe(before)
    const { json } = await visitor.send('GET', '/memory/session')
    expect([json.outcome, Object.keys(json.data).length, json.remaining.rolling]).toEqual(['resumed', 50, 4])
  })

  it.each([
    ['idle', { IDLE: '2' }, 2, 2.1],
    ['rolling', { IDLE: '0', ROLLING: '2' }, 1.5, 0.6],
    ['absolute', { IDLE: '0', ROLLING: '0', ABSOLUTE: '2' }, 2, 0.1],
  ])('%s clock › ends the session and is named in the outcome', async (name, env, still, more) => {
    const { clock, visitor } = await begin(env)
    clock.advance(still)
    expect((await visitor.send('GET', '/memory/session')).status).toBe(200)
    clock.advance(more)
    const { status, json } = await visitor.send('GET', '/memory/session')
    expect([status, json.outcome]).toEqual([401, `expired:${name}`])
  })
})
