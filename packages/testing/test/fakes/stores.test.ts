import { memoryStore, type StoredSession } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { countingStore, flakyStore, parkedStore } from '../../src/index'

const row = (id: string, version = 'v1'): StoredSession => ({
  id,
  version,
  payload: version,
  subjectKeys: ['ada'],
  touchedAt: Date.now(),
  expiresAt: Date.now() + 60_000,
  absoluteExpiresAt: Date.now() + 60_000,
})

/** Whether a promise has settled once everything that can happen without the test has happened. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  const note = () => {
    done = true
  }
  promise.then(note, note)
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

describe('wrapped store', () => {
  for (const [name, wrap] of Object.entries({ parkedStore, flakyStore, countingStore })) {
    it(`${name} has exactly the methods of the inner store`, async () => {
      const full = wrap(memoryStore())
      expect(full.inMemory).toBe(true)
      expect('acquire' in full).toBe(true)
      await full.create(row('a'))
      expect((await full.listBySubject('ada', { limit: 9 })).map(({ id }) => id)).toEqual(['a'])
      expect(await full.acquire('ada', 'a', 1)).toEqual([])
      expect(await full.deleteExpired(Date.now() + 1e6, 9)).toBe(1)

      const { create, read, update, touch, delete: remove } = memoryStore()
      const small: object = wrap({ create, read, update, touch, delete: remove })
      expect('inMemory' in small).toBe(false)
      expect('acquire' in small).toBe(false)
      expect((small as { listBySubject?: unknown }).listBySubject).toBe(undefined)
    })
  }

  it('other methods are passed through unchanged', () => {
    class Closable {
      #open = true
      close() {
        this.#open = false
        return this.#open
      }
    }
    for (const wrap of [parkedStore, flakyStore, countingStore]) expect(wrap(new Closable()).close()).toBe(false)
  })

  it('wrappers can be nested', async () => {
    const store = parkedStore(flakyStore(countingStore(memoryStore())))
    store.next('create', 'throw')
    await expect(store.create(row('a'))).rejects.toThrow('the store is down')
    expect(store.calls).toEqual({})
    store.park('create')
    const created = store.create(row('a'))
    await (await store.nextParked('create')).release()
    expect(await created).toBe(true)
    expect(store.calls).toEqual({ create: 1 })
  })
})

describe('parkedStore', () => {
  it('holds a call before the store until it is released', async () => {
    const inner = memoryStore()
    const store = parkedStore(inner)
    store.park('create')
    const created = store.create(row('a'))
    const call = await store.nextParked('create')
    expect({ ...call, args: (call.args[0] as StoredSession).id }).toMatchObject({
      operation: 'create',
      args: 'a',
      point: 'before',
    })
    expect(await settled(created)).toBe(false)
    expect(await inner.read('a')).toBe(null)
    await call.release()
    expect((await inner.read('a'))?.id).toBe('a')
    expect(await created).toBe(true)
    expect(store.parked).toEqual([])
  })

  it('holds the reply of a call that the store has executed', async () => {
    const inner = memoryStore()
    const store = parkedStore(inner)
    store.park('create', 'after')
    const created = store.create(row('a'))
    const call = await store.nextParked('create')
    expect((await inner.read('a'))?.id).toBe('a')
    expect(await settled(created)).toBe(false)
    await call.release()
    expect(await created).toBe(true)
  })

  it('fails a call before or after the store has executed it', async () => {
    const inner = memoryStore()
    const store = parkedStore(inner)
    for (const [point, id, stored] of [
      ['before', 'a', null],
      ['after', 'b', 'b'],
    ] as const) {
      store.park('create', point)
      const created = store.create(row(id))
      ;(await store.nextParked('create')).fail(new Error('no'))
      await expect(created).rejects.toThrow('no')
      expect((await inner.read(id))?.id ?? null).toBe(stored)
      store.unpark('create')
    }
  })

  it('calls reach the store in the order of their releases', async () => {
    const inner = memoryStore()
    await inner.create(row('a'))
    const store = parkedStore(inner)
    store.park('update')
    const seen = row('a')
    const updates = [store.update(row('a', 'first'), seen), store.update(row('a', 'second'), seen)]
    const [first, second] = [await store.nextParked('update'), await store.nextParked('update')]
    expect(store.parked).toEqual([first, second])
    await second.release()
    await first.release()
    expect(await Promise.all(updates)).toEqual([false, true])
    expect((await inner.read('a'))?.version).toBe('second')
  })

  it('parks only the named operation, and none after unpark', async () => {
    const store = parkedStore(memoryStore())
    store.park('read')
    expect(await store.create(row('a'))).toBe(true)
    const read = store.read('a')
    const call = await store.nextParked('read')
    store.unpark()
    expect((await store.read('a'))?.id).toBe('a')
    expect(await settled(read)).toBe(false)
    await call.release()
    expect((await read)?.id).toBe('a')
  })

  it('holds a call at both points if both are parked', async () => {
    const store = parkedStore(memoryStore())
    store.park('delete', 'before')
    store.park('delete', 'after')
    const deleted = store.delete('a')
    const before = await store.nextParked('delete')
    await before.release()
    const after = await store.nextParked('delete')
    expect([before.point, after.point]).toEqual(['before', 'after'])
    await after.release()
    expect(await deleted).toBe(false)
  })

  it('releaseAll continues all calls', async () => {
    const store = parkedStore(memoryStore())
    store.park('create')
    store.park('create', 'after')
    const created = [store.create(row('a')), store.create(row('b'))]
    await store.nextParked('create')
    await store.releaseAll()
    expect(await Promise.all(created)).toEqual([true, true])
    expect(store.parked).toEqual([])
  })
})

describe('flakyStore', () => {
  it('fails exactly the scripted calls in order', async () => {
    const store = flakyStore(memoryStore())
    store.next('create', 'pass')
    store.next('create', 'throw', 2)
    expect(await store.create(row('a'))).toBe(true)
    await expect(store.create(row('b'))).rejects.toThrow('the store is down')
    expect(await store.read('b')).toBe(null)
    await expect(store.create(row('b'))).rejects.toThrow('the store is down')
    expect(await store.create(row('b'))).toBe(true)
  })

  it('rejects with the given error', async () => {
    const store = flakyStore(memoryStore())
    store.next('read', 'throw', 1, 'a bare string')
    await expect(store.read('a')).rejects.toBe('a bare string')
  })

  it('lose reply: the store executes the call, and the call rejects', async () => {
    const store = flakyStore(memoryStore())
    store.next('create', 'lose reply')
    await expect(store.create(row('a'))).rejects.toThrow('the store is down')
    expect((await store.read('a'))?.id).toBe('a')
  })

  it('hang: the call stays pending and does not reach the store', async () => {
    const store = flakyStore(memoryStore())
    store.next('create', 'hang')
    expect(await settled(store.create(row('a')))).toBe(false)
    expect(await store.read('a')).toBe(null)
  })

  it('Infinity: calls fail until heal()', async () => {
    const store = flakyStore(memoryStore())
    store.next('read', 'throw', Number.POSITIVE_INFINITY)
    for (let i = 0; i < 3; i++) await expect(store.read('a')).rejects.toThrow('down')
    store.heal()
    expect(await store.read('a')).toBe(null)
  })
})

describe('countingStore', () => {
  it('counts each operation, failed calls as well', async () => {
    const faulty = flakyStore(memoryStore())
    const store = countingStore(faulty)
    faulty.next('read', 'throw')
    await expect(store.read('a')).rejects.toThrow()
    await store.read('a')
    await store.create(row('a'))
    expect(store.calls).toEqual({ read: 2, create: 1 })
    store.resetCalls()
    expect(store.calls).toEqual({})
  })
})
