import { memoryStore, type SessionCodec, type SessionStore } from '@sojourn/session-core'
import { type FakeClock, fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser } from '../helpers/browser'
import { referenceSuite, setUp } from './reference-suite'

/** A memory store that core treats as a remote one, so that its rows are sealed. */
const apart = (store: SessionStore): SessionStore =>
  new Proxy(store, {
    get(inner, name) {
      if (name === 'inMemory') return false
      const value: unknown = Reflect.get(inner, name)
      return typeof value === 'function' ? value.bind(inner) : value
    },
  })

/** A codec that adds no length, so that a test knows to the byte what fits. */
const transparent: SessionCodec = {
  seal: async (text) => encodeURIComponent(text),
  unseal: async (sealed) => decodeURIComponent(sealed),
}

describe('like lua-resty-session, session in a store', () => {
  const open = (clock: FakeClock) => apart(memoryStore({ clock }))
  referenceSuite({ open })

  it('a data change sends no new token', async () => {
    const user = (await setUp({ open })).browser()
    await user.visit((session) => session.login('ada'))
    const { sentCookie } = await user.visit((session) => {
      session.data.seen = true
    })
    expect([sentCookie, (await user.visit()).session.data]).toEqual([false, { seen: true }])
  })

  it('the store sees neither the subject, nor the data, nor a usable token', async () => {
    const { browser, store } = await setUp({ open })
    const user = browser({ remember: true })
    const { session } = await user.visit(async (mine) => {
      await mine.login('ada lovelace', { remember: true, label: 'laptop' })
      mine.data.cart = 'tea'
    })
    const row = await store!.read(session.id)
    const secrets = user.jar.names.map((name) => user.jar.get(name)!.split('.')[1]!)
    for (const text of ['lovelace', 'laptop', 'tea', ...secrets]) expect(JSON.stringify(row)).not.toContain(text)
    for (const text of [row!.version, row!.payload, ...row!.subjectKeys]) {
      const thief = user.copy()
      thief.jar.set('__Host-session', `${session.id}.${text}`)
      thief.jar.delete('__Host-remember')
      expect(['malformed', 'rejected']).toContain(await thief.outcome())
    }
  })
})

describe('like lua-resty-session, session in the cookie', () => {
  referenceSuite({})

  /** Name and value of a cookie have 4096 bytes. Nine names are `session` to `session.9`, and the first value begins with `9~`. */
  const NINE = 9 * (4096 - 'session.9'.length)
  const ONE = 4096 - 'session'.length

  /** A session with one value, whose cookie value has `length` characters. */
  async function sized(length: number) {
    const { manager } = await setUp({})
    const sessions = manager({ cookie: { name: 'session', chunks: 9 }, codec: transparent })
    const put = (text: string) => (session: { data: AnyData }) => {
      session.data.text = text
    }
    const probe = new Browser(sessions)
    await probe.visit(put(''))
    const text = 'x'.repeat(length - probe.jar.get('session')!.length)
    return { sessions, user: new Browser(sessions), fill: put(text), text, shrink: put('') }
  }

  it('fills one cookie to the byte, and takes a second for one byte more', async () => {
    for (const [length, cookies] of [
      [ONE, 1],
      [ONE + 1, 2],
    ] as const) {
      const { user, fill } = await sized(length)
      await user.visit(fill)
      expect(user.jar.names).toHaveLength(cookies)
    }
  })

  it('fills nine cookies to the byte, and clears unused ones when it shrinks', async () => {
    const { user, fill, text, shrink } = await sized(NINE)
    const { carrier } = await user.visit(fill)
    expect(carrier.setCookies.map((line) => line.split(';')[0]!.length - '='.length)).toEqual(Array(9).fill(4096))
    expect((await user.visit()).session.data).toEqual({ text })
    expect((await user.visit(shrink)).carrier.setCookies).toHaveLength(9)
    expect(user.jar.names).toEqual(['session'])
  })

  it('one byte more than nine cookies gives an error, and nothing is sent', async () => {
    const { sessions, fill } = await sized(NINE + 1)
    const carrier = fakeCarrier()
    const session = await sessions.open(carrier)
    fill(session)
    await expect(sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    expect(carrier.setCookies).toEqual([])
  })
})
