import { fileURLToPath } from 'node:url'
import { findRedisServer } from '@sojourn/session-testing/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sojourn as runSojourn } from '../../../packages/cli/test/support/terminal'
import type { Demo } from '../src/demo'
import { startedDemo } from './started'
import { Visitor } from './visitor'

const config = fileURLToPath(new URL('../src/sessions.ts', import.meta.url))
const hasRedis = (await findRedisServer()).available

/** Runs the command `sojourn` as a user does, who passes a Cookie header. */
const sojourn = (command: string, stdin = '') => runSojourn([command, '--config', config], { stdin })

describe('why was I logged out, asked of the running demo by the command sojourn', () => {
  let demo: Demo
  let urls: string[]
  let advance: (seconds: number) => void

  beforeAll(async () => {
    const started = await startedDemo({ REDIS_URL: '', POSTGRES_URL: '' }, { startTimeout: 60_000 })
    ;({ demo, urls } = started)
    advance = started.clock.advance
    process.env.DEMO_URL = urls[0]
  }, 90_000)
  afterAll(async () => {
    delete process.env.DEMO_URL
    await demo.close()
  })

  const storages = ['memory', 'cookie', 'redis', 'postgres'].filter((name) => name !== 'redis' || hasRedis)

  describe.each(storages)('%s', (storage) => {
    const isCookie = storage === 'cookie'
    const loggedIn = async () => {
      const visitor = new Visitor(urls[1]!)
      await visitor.logIn(storage)
      return visitor
    }
    /** What the command says of a visitor's cookies. The next request with them must have the same outcome. */
    async function why(visitor: Visitor) {
      const said = await sojourn('explain', visitor.jar.header)
      const { json } = await visitor.copy().send('GET', `/${storage}/me`)
      expect(said.out).toMatch(new RegExp(`^${json.outcome}\\b`))
      return said
    }

    it('names the clock of an expired cookie, and when it ran out', async () => {
      const visitor = await loggedIn()
      advance(61)
      const { code, out } = await why(visitor)
      expect(code).toBe(0)
      expect(out).toMatch(
        /^expired:idle \(idle\)\nThe idle clock ended at .*Z: the last activity was at .* this clock has 60 s\./,
      )
      expect(out).toMatch(/idle {8}█+ ended 1 s ago/)
    })

    it('says of a session that was ended from another browser what may have happened', async () => {
      const [here, there] = [await loggedIn(), await loggedIn()]
      await here.send('DELETE', `/${storage}/sessions`)
      const { code, out } = await why(there)
      expect(code).toBe(0)
      expect(out).toMatch(isCookie ? /^revoked \(revoked\)\n/ : /^unknown \(gone\)\n/)
      for (const cause of [/log(ged )?out/, /revoked?/, ...(isCookie ? [] : [/expired and its row was removed/])])
        expect(out).toMatch(cause)
    })

    it('says of a copy, used after a logout, what may have happened', async () => {
      const visitor = await loggedIn()
      const copy = visitor.copy()
      await visitor.send('DELETE', `/${storage}/auth`)
      expect((await why(copy)).out).toMatch(isCookie ? /^revoked .*\n.*logout/ : /^unknown .*\n.*logged out/)
    })

    it.skipIf(isCookie)('says of a replaced cookie that came back that another party may have a copy', async () => {
      const visitor = await loggedIn()
      const thief = visitor.copy()
      for (let i = 0; i < 4; i++) {
        advance(50)
        // A write is awaited; the touch of a request that only reads may still be under way.
        await visitor.send('POST', `/${storage}/session/counter`)
      }
      await visitor.send('POST', `/${storage}/session/counter`)
      advance(30)
      const { code, out } = await why(thief)
      expect(code).toBe(0)
      expect(out).toMatch(/^reused \(used-again\)\n.*another party may have a copy/)
      expect(out).toMatch(/token {7}number 1 of 2/)
    })

    it('says of a withheld cookie that the request came from another site', async () => {
      const visitor = await loggedIn()
      visitor.jar.delete(`__Host-sojourn-${storage}`)
      const { code, out } = await why(visitor)
      expect([code, out]).toEqual([0, expect.stringMatching(/^withheld \(marker-only\)\n.*came from another site/)])
    })

    it('says of a tampered cookie what to compare', async () => {
      const visitor = await loggedIn()
      const name = `__Host-sojourn-${storage}`
      const value = visitor.jar.get(name)!
      const at = Math.floor(value.length / 2)
      visitor.jar.set(name, `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`)
      const { code, out, error } = await why(visitor)
      expect([code, error]).toEqual([0, ''])
      expect(out).toMatch(
        /^rejected \(not-issued\)\nThe cookie was not made by this application: .*\nCompare the secret/,
      )
    })

    it('says of a live cookie whose it is, and where else the user is logged in', async () => {
      const [here] = [await loggedIn(), await loggedIn()]
      const { code, out } = await why(here)
      expect(code).toBe(0)
      expect(out).toMatch(/^resumed \(current\)/)
      expect(out).toMatch(/subject {5}admin/)
      if (!isCookie) expect(out).toMatch(/Other sessions of the subject: [1-9]/)
    })
  })

  it('check, describe and audit answer too, and list refers to the page', async () => {
    expect(await sojourn('check')).toMatchObject({ code: 0, out: expect.stringMatching(/the store answers/) })
    expect((await sojourn('describe')).out).toMatch(/timeouts +idle=60/)
    expect((await sojourn('audit')).out).toMatch(/^# Session management/)
    expect(await sojourn('list')).toMatchObject({ code: 2 })
  })
})
