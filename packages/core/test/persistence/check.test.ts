import { memoryStore } from '@sojourn/session-core'
import { countingStore, flakyStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { world } from '../helpers/browser'

describe('check', () => {
  it('finds nothing wrong where sessions are sealed in the cookie alone', async () => {
    expect(await world({ cookieStorage: true }).sessions.check()).toMatchObject({
      reachable: true,
      ms: 0,
      problems: [],
    })
  })

  it('reads from a store that says nothing of its server, and writes nothing', async () => {
    const { sessions, store } = world({ wrap: () => countingStore(memoryStore()) })
    expect(await sessions.check()).toMatchObject({ reachable: true, clockAhead: undefined, problems: [] })
    expect(store.calls).toEqual({ read: 1 })
  })

  it.each(['throw', 'hang'] as const)('says so within the time limit if the store answers with %s', async (fault) => {
    const { sessions, store } = world({ storeTimeout: 0.05, wrap: (memory) => flakyStore(memory) })
    store.next('read', fault)
    const { reachable, problems, cause } = await sessions.check()
    expect([reachable, problems]).toEqual([false, [expect.stringMatching(/does not answer: check that it runs/)]])
    expect(cause).toBeInstanceOf(Error)
    expect((await sessions.check()).reachable).toBe(true)
  })

  it('passes on what a store says of its server', async () => {
    const health = async () => ({ facts: ['all keys stay'], problems: ['the disk is full: make room'] })
    const { sessions } = world({ wrap: (memory) => Object.assign(memory, { health }) })
    expect(await sessions.check()).toMatchObject({
      facts: ['all keys stay'],
      problems: ['the disk is full: make room'],
    })
  })
})
