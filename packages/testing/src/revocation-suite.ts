import type { RevocationStore } from '@sojourn/session-core'
import { checkKnown } from '#check'
import type { TestRunner } from './runner'
import { hour, numbered, present } from './store-suite/group'
import { hostileStrings } from './store-suite/hostile'

/** An empty revocation store for one test. Nothing else may write to it. */
export interface RevocationsUnderTest {
  /** The store to test, empty. */
  store: RevocationStore
  /** Called once after the test, passed or failed. */
  close(): Promise<void>
}

/** Options of {@link revocationSuite}: the store to test. */
export interface RevocationSuiteOptions {
  /** Title of the group of tests. */
  name: string
  /** Opens an empty store for one test. Called before each test. */
  open(): Promise<RevocationsUnderTest>
}

type Test = (sentence: string, body: (store: RevocationStore) => Promise<void>) => void

const expiresAt = present + hour

/**
 * Tests of the contract of a revocation store. The tests do not sleep. The limits are those of {@link storeSuite}.
 * @example
 * const open = async () => ({ store: memoryRevocations(), close: async () => {} })
 * revocationSuite({ describe, it, expect }, { name: 'memory', open })
 */
export function revocationSuite(runner: TestRunner, options: RevocationSuiteOptions): void {
  checkKnown('revocationSuite.', options, ['name', 'open'])
  const { name, open } = options
  const test: Test = (sentence, body) =>
    runner.it(sentence, async () => {
      const { store, close } = await open()
      try {
        await body(store)
      } finally {
        await close()
      }
    })
  runner.describe(`${name}: revocation suite`, () => {
    markTests(test, runner.expect)
    exceptionTests(test, runner.expect)
    nonceTests(test, runner.expect)
  })
}

function markTests(test: Test, expect: TestRunner['expect']): void {
  const notBeforeOf = async (store: RevocationStore, key: string) => (await store.read([key]))[0]?.notBefore

  test('read returns one entry for each key in order, null if there is none', async (store) => {
    await store.revoke('a', { notBefore: 10, expiresAt })
    await store.revoke('b', { notBefore: 20, expiresAt })
    const marks = await store.read(['b', 'none', 'a', 'b'])
    expect(marks.map((mark) => (mark === null ? null : mark.notBefore))).toEqual([20, null, 10, 20])
    expect(await store.read([])).toEqual([])
  })

  test('the later notBefore is kept in both orders', async (store) => {
    for (const notBefore of [20, 10, 30, 25]) await store.revoke('a', { notBefore, expiresAt })
    expect(await notBeforeOf(store, 'a')).toBe(30)
  })

  test('of parallel revocations the latest is kept', async (store) => {
    const instants = numbered('', 40).map((_, n) => present + ((n * 7) % 40))
    await Promise.all(instants.map((notBefore) => store.revoke('a', { notBefore, expiresAt })))
    expect(await notBeforeOf(store, 'a')).toBe(present + 39)
  })

  test('the later expiresAt is kept: a short revocation does not shorten a long one', async (store) => {
    await store.revoke('a', { notBefore: 10, expiresAt })
    await store.revoke('a', { notBefore: 20, expiresAt: present - hour })
    await store.revoke('b', { notBefore: 10, expiresAt })
    expect(await notBeforeOf(store, 'a')).toBe(20)
  })

  test('an entry whose expiresAt has passed is accepted, and does not affect others', async (store) => {
    await store.revoke('a', { notBefore: 10, expiresAt })
    await store.revoke('over', { notBefore: 10, expiresAt: present - hour })
    const [over, a] = await store.read(['over', 'a'])
    if (over) expect(over.notBefore).toBe(10)
    expect(a?.notBefore).toBe(10)
  })

  test('hostile keys and exceptions do not mix', async (store) => {
    for (const [n, key] of hostileStrings.entries()) {
      await store.revoke(key, { notBefore: present + n, except: key, expiresAt })
    }
    const marks = await store.read([...hostileStrings])
    for (const [n, key] of hostileStrings.entries()) {
      const mark = marks[n]
      expect({ except: mark?.except, at: mark?.notBefore }).toEqual({ except: key, at: present + n })
    }
  })

  test('changing a returned entry does not change the store', async (store) => {
    await store.revoke('a', { notBefore: 10, expiresAt })
    const [mine] = await store.read(['a'])
    mine!.notBefore = 0
    expect(await notBeforeOf(store, 'a')).toBe(10)
  })
}

function exceptionTests(test: Test, expect: TestRunner['expect']): void {
  const exceptionOf = async (store: RevocationStore) => {
    const [mark] = await store.read(['a'])
    return mark?.except === undefined ? 'none' : { except: mark.except, since: mark.exceptSince }
  }

  test('a first exception applies to sessions created at any time', async (store) => {
    await store.revoke('a', { notBefore: 10, except: 's1', expiresAt })
    expect(await exceptionOf(store)).toEqual({ except: 's1', since: 0 })
  })

  test('an entry without an exception removes an earlier exception', async (store) => {
    await store.revoke('a', { notBefore: 10, except: 's1', expiresAt })
    await store.revoke('a', { notBefore: 20, expiresAt })
    expect(await exceptionOf(store)).toBe('none')
  })

  test('an exception does not revive a session that an earlier entry has ended', async (store) => {
    await store.revoke('a', { notBefore: 10, expiresAt })
    await store.revoke('a', { notBefore: 20, except: 's1', expiresAt })
    expect(await exceptionOf(store)).toEqual({ except: 's1', since: 10 })
    await store.revoke('a', { notBefore: 30, except: 's2', expiresAt })
    expect(await exceptionOf(store)).toEqual({ except: 's2', since: 20 })
  })

  test('an id excepted repeatedly is not ended by any of the entries', async (store) => {
    await store.revoke('a', { notBefore: 10, expiresAt })
    for (const notBefore of [20, 30, 40]) await store.revoke('a', { notBefore, except: 's1', expiresAt })
    expect(await exceptionOf(store)).toEqual({ except: 's1', since: 10 })
    await store.revoke('a', { notBefore: 50, except: 's2', expiresAt })
    await store.revoke('a', { notBefore: 60, except: 's1', expiresAt })
    expect(await exceptionOf(store)).toEqual({ except: 's1', since: 50 })
    await store.revoke('a', { notBefore: 70, expiresAt })
    await store.revoke('a', { notBefore: 80, expiresAt })
    await store.revoke('a', { notBefore: 90, except: 's1', expiresAt })
    expect(await exceptionOf(store)).toEqual({ except: 's1', since: 80 })
  })

  test('a late entry replaces the exception, and moves no time back', async (store) => {
    await store.revoke('a', { notBefore: 20, except: 's1', expiresAt })
    await store.revoke('a', { notBefore: 10, except: 's2', expiresAt })
    expect((await store.read(['a']))[0]?.notBefore).toBe(20)
    expect(await exceptionOf(store)).toEqual({ except: 's2', since: 20 })
  })

  test('of parallel entries with exceptions one exception is kept', async (store) => {
    await store.revoke('a', { notBefore: 10, expiresAt })
    const ids = numbered('s', 30)
    await Promise.all(ids.map((except) => store.revoke('a', { notBefore: 20, except, expiresAt })))
    const [mark] = await store.read(['a'])
    expect({ notBefore: mark?.notBefore, since: mark?.exceptSince }).toEqual({ notBefore: 20, since: 20 })
    expect(ids.includes(mark?.except ?? '')).toBe(true)
  })
}

function nonceTests(test: Test, expect: TestRunner['expect']): void {
  test('the first nonce of a key stays, and every revoke resolves to it', async (store) => {
    const entry = { notBefore: 10, expiresAt }
    const first = await store.revoke('a', { ...entry, nonce: 'first' })
    const second = await store.revoke('a', { ...entry, notBefore: 20, nonce: 'second' })
    const third = await store.revoke('a', { ...entry, except: 's1' })
    const other = await store.revoke('b', { ...entry, nonce: 'second' })
    expect([first, second, third, other]).toEqual(['first', 'first', 'first', 'second'])
    const [a, b] = await store.read(['a', 'b'])
    expect([a?.nonce, a?.notBefore, a?.except, b?.nonce]).toEqual(['first', 20, 's1', 'second'])
  })

  test('an entry without a nonce has none, and takes the first one that comes', async (store) => {
    const none = await store.revoke('a', { notBefore: 10, except: 's1', expiresAt })
    const [before] = await store.read(['a'])
    expect([none, before?.nonce]).toEqual([undefined, undefined])
    expect(await store.revoke('a', { notBefore: 10, expiresAt, nonce: 'later' })).toBe('later')
    expect((await store.read(['a']))[0]?.nonce).toBe('later')
  })

  test('an entry that is sent twice is recognised by its own nonce', async (store) => {
    const entry = { notBefore: 10, expiresAt, nonce: 'mine' }
    expect([await store.revoke('a', entry), await store.revoke('a', entry)]).toEqual(['mine', 'mine'])
  })

  test('of parallel revocations with nonces exactly one is first, and all learn which', async (store) => {
    const nonces = numbered('n', 40)
    const firsts = await Promise.all(
      nonces.map((nonce, n) => store.revoke('a', { notBefore: present + n, expiresAt, nonce })),
    )
    const [mark] = await store.read(['a'])
    expect(nonces.includes(mark?.nonce ?? '')).toBe(true)
    expect(firsts.every((first) => first === mark?.nonce)).toBe(true)
  })

  test('hostile nonces do not mix, with exceptions and without', async (store) => {
    const except = (n: number) => (n % 2 === 0 ? hostileStrings[n] : undefined)
    for (const [n, nonce] of hostileStrings.entries()) {
      expect(await store.revoke(`k${n}`, { notBefore: present, except: except(n), expiresAt, nonce })).toBe(nonce)
    }
    const marks = await store.read(hostileStrings.map((_, n) => `k${n}`))
    for (const [n, nonce] of hostileStrings.entries()) {
      expect([marks[n]?.nonce, marks[n]?.except]).toEqual([nonce, except(n)])
    }
  })

  test('the entry of a subject that may stand for another is not written while there is room', async (store) => {
    const subject = { key: 'subject', notBefore: 20 }
    await store.revoke('a', { notBefore: 10, expiresAt, subject })
    const [a, ofSubject] = await store.read(['a', 'subject'])
    expect([a?.notBefore, ofSubject]).toEqual([10, null])
  })
}
