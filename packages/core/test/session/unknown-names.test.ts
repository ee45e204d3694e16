import { inspect } from 'node:util'
import { createSessionManager, type memoryStore, type Session } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SECRET } from '../helpers/browser'
import { coreOn } from '../helpers/on-platform'

const warn = vi.fn()
beforeEach(() => {
  vi.resetModules()
  vi.spyOn(process, 'emitWarning').mockImplementation(warn)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  warn.mockReset()
})

type Handle = Session & Record<string, unknown>

/** A handle of a process that has given no hint yet. */
async function freshHandle(): Promise<Handle> {
  const core: { createSessionManager: typeof createSessionManager; memoryStore: typeof memoryStore } = await import(
    '@sojourn/session-core'
  )
  const sessions = core.createSessionManager({ secret: SECRET, store: core.memoryStore() })
  return (await sessions.open(fakeCarrier({}))) as Handle
}

describe('a name that the session does not have', () => {
  it('is undefined, and has one hint in development', async () => {
    const session = await freshHandle()
    for (let i = 0; i < 3; i++) expect(session.user).toBe(undefined)
    expect(warn.mock.calls).toEqual([
      [
        'session.user is always undefined: values are kept in session.data, so read session.data.user.',
        'SojournWarning',
      ],
    ])
    expect(session.passport).toBe(undefined)
    expect(warn).toHaveBeenCalledTimes(2)
    const other = await createSessionManager({ secret: SECRET }).open(fakeCarrier({}))
    expect(other.isNew).toBe(true)
  })

  it('has the hint that fits a method or a fact of another library', async () => {
    const session = await freshHandle()
    const said = (name: string) => {
      expect(session[name]).toBe(undefined)
      return warn.mock.lastCall?.[0]
    }
    expect(said('cookie')).toContain('session.remaining')
    expect(said('maxAge')).toContain('setIdle')
    expect(said('userId')).toContain('session.data.userId')
    expect(said('sessionID')).toContain('session.id')
  })

  it('cannot be set, and the error names session.data and what packages need', async () => {
    const session = await freshHandle()
    for (const name of ['passport', 'flash', 'userId']) {
      expect(() => Object.assign(session, { [name]: 1 })).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_USAGE',
          message: expect.stringMatching(new RegExp(`^session\\.${name} .*session\\.data.*compatSession`)),
        }),
      )
    }
  })

  it('has no hint in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const session = await freshHandle()
    expect(session.user).toBe(undefined)
    expect(warn).not.toHaveBeenCalled()
  })

  it('has no hint where the runtime has no environment', async () => {
    const { createSessionManager: create } = await coreOn('web')
    const log = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const session = (await create({ secret: SECRET }).open(fakeCarrier({}))) as unknown as Handle
    expect(session.user).toBe(undefined)
    expect(log).not.toHaveBeenCalled()
    expect(warn).not.toHaveBeenCalled()
  })

  it('has no hint if the language, a console or a test asks for it', async () => {
    const session = await freshHandle()
    expect('user' in session).toBe(false)
    expect(Object.hasOwn(session, 'user')).toBe(false)
    expect(await session).toBe(session)
    expect(JSON.parse(JSON.stringify(session))).toMatchObject({ outcome: 'none' })
    expect(inspect(session)).toContain("outcome: 'none'")
    expect(inspect(session, { showProxy: true })).toContain('Proxy')
    expect(Object.keys({ ...session })).toContain('data')
    expect(Object.prototype.toString.call(session)).toBe('[object Object]')
    expect(session[Symbol.iterator as unknown as string]).toBe(undefined)
    expect(session).toEqual(session)
    expect(session).not.toEqual({ user: 'ada' })
    expect(session).toMatchObject({ isNew: true })
    for (const name of ['then', 'toJSON', 'constructor', 'toString', 'valueOf', '__proto__', 'hasOwnProperty']) {
      expect(session[name]).toBe(undefined)
    }
    const { data, login } = session
    expect([typeof data, typeof login]).toEqual(['object', 'function'])
    expect(warn).not.toHaveBeenCalled()
  })

  it('has at most 20 hints in one process, and none for a text that is no name', async () => {
    const session = await freshHandle()
    expect(session['x\n[error] forged line']).toBe(undefined)
    expect(warn).not.toHaveBeenCalled()
    for (let i = 0; i < 50; i++) expect(session[`name${i}`]).toBe(undefined)
    expect(warn).toHaveBeenCalledTimes(20)
  })
})
