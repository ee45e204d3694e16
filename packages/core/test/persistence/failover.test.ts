import {
  createSessionManager,
  memoryStore,
  type SessionEvent,
  type SessionStore,
  type SubjectIndex,
} from '@sojourn/session-core'
import { fakeClock } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { Browser, SECRET } from '../helpers/browser'

/** A store in a network that can lose its last writes: it confirms them, and has none of them once they are lost. */
function forgetfulStore(clock: () => number) {
  const old = memoryStore({ clock })
  let current: SessionStore & SubjectIndex = old
  const store = new Proxy(old, {
    get(_, name) {
      const value = name === 'inMemory' ? false : Reflect.get(current, name)
      return typeof value === 'function' ? value.bind(current) : value
    },
  })
  return {
    store,
    /** From now on, writes are confirmed and lost by the failover. */
    async lagBehind(ids: string[]) {
      current = memoryStore({ clock })
      for (const id of ids) await current.create((await old.read(id))!)
    },
    failOver() {
      current = old
    },
  }
}

async function loggedIn() {
  const clock = fakeClock()
  const events: SessionEvent[] = []
  const { store, lagBehind, failOver } = forgetfulStore(clock)
  const sessions = createSessionManager({ secret: SECRET, store, clock, onEvent: (event) => events.push(event) })
  const user = new Browser(sessions)
  const { session } = await user.visit((mine) => mine.login('ada'))
  await lagBehind([session.id!])
  return { clock, events, sessions, user, failOver }
}

describe('a failover that loses confirmed writes does what the READMEs and describe() say', () => {
  it('a lost logout: the session is alive again until it is ended again', async () => {
    const { sessions, user, failOver } = await loggedIn()
    const copy = user.copy()
    await user.visit((session) => session.logout())
    expect(await copy.copy().outcome()).toBe('unknown')
    failOver()
    expect(await copy.copy().outcome()).toBe('resumed')
    expect(await sessions.revokeAll('ada')).toBe(1)
    expect(await copy.outcome()).toBe('unknown')
  })

  it('a lost login: the user is logged out, and no alarm is raised', async () => {
    const { events, sessions, user, failOver } = await loggedIn()
    const other = new Browser(sessions)
    await other.visit((session) => session.login('bob'))
    await user.visit((session) => session.login('ada'))
    failOver()
    expect([await other.outcome(), await user.outcome()]).toEqual(['unknown', 'rejected'])
    expect(events.filter(({ type }) => type === 'reused')).toEqual([])
  })

  it('a lost change of data is gone', async () => {
    const { user, failOver } = await loggedIn()
    await user.visit((session) => {
      session.data.cart = ['tea']
    })
    failOver()
    expect((await user.visit()).session.data).toEqual({})
  })

  it('describe() says so, and of a memory store that a restart forgets every session', async () => {
    const { sessions } = await loggedIn()
    expect(sessions.describe().afterFailover).toMatch(/lost logout .* alive again .* without an alarm/)
    const inMemory = createSessionManager({ secret: SECRET, store: memoryStore() })
    expect(inMemory.describe().afterFailover).toMatch(/restart .* forgets every session/)
  })
})
