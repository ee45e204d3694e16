import { describe, expect, it } from 'vitest'
import { memoryStore, type SessionEvent } from '../../src'
import { subjectKey as subjectKeyOf } from '../../src/events/event-log'
import { sealedRows } from '../../src/persistence/sealed-rows'

const secret = 'a secret for rows of another kind, long enough'
const day = 86_400_000

function opened(kind = 'note', now = { ms: 1_000_000_000 }, store = memoryStore({ clock: () => now.ms })) {
  const events: SessionEvent[] = []
  const rows = sealedRows({ secret, store, kind, clock: () => now.ms, onEvent: (event) => void events.push(event) })
  return { rows, store, now, events }
}

describe('sealedRows', () => {
  it('yields what was kept, with its id and times', async () => {
    const { rows, now } = opened()
    const id = await rows.idOf('a key')
    await rows.create(id, { data: { a: 1 }, subject: 'ada', lifetime: day })
    expect(await rows.find(id)).toEqual({
      id,
      data: { a: 1 },
      subject: 'ada',
      lifetime: day,
      createdAt: now.ms,
      touchedAt: now.ms,
    })
    expect(id).not.toContain('a key')
  })

  it('creates an id once, and not at all while its tombstone stays', async () => {
    const { rows } = opened()
    const content = { data: {}, lifetime: day }
    expect(await rows.create('one', content)).toBeDefined()
    expect(await rows.create('one', content)).toBeUndefined()
    expect(await rows.delete('one', 1000)).toBe(true)
    expect(await rows.create('one', content)).toBeUndefined()
  })

  it('merges changes of others, and reports the conflict', async () => {
    const { rows, events } = opened()
    await rows.create('one', { data: {}, lifetime: day })
    const [first, second] = [await rows.find('one'), await rows.find('one')]
    await rows.change(first!, (newest) => ({ ...newest, data: { ...newest.data, a: 1 } }))
    await rows.change(second!, (newest) => ({ ...newest, data: { ...newest.data, b: 2 } }))
    expect((await rows.find('one'))?.data).toEqual({ a: 1, b: 2 })
    expect(events).toContainEqual(expect.objectContaining({ type: 'conflict', id: 'one' }))
  })

  it('reports rows with the key of their subject, and those without one without a key', async () => {
    const { rows, now, events } = opened()
    for (const [id, subject] of [
      ['one', 'ada'],
      ['two', undefined],
    ] as const) {
      await rows.create(id, { data: {}, subject, lifetime: day })
      const [first, second] = [await rows.find(id), await rows.find(id)]
      for (const row of [first, second]) await rows.change(row!, (newest) => newest)
      now.ms += day + 1
      await rows.find(id)
      const subjectKey = subject && subjectKeyOf('default', subject)
      const told = events.splice(0)
      expect(told.map(({ type }) => type)).toEqual(['created', 'conflict', 'expired'])
      for (const event of told) expect('subjectKey' in event ? event.subjectKey : undefined).toBe(subjectKey)
    }
  })

  it('emits the events of its caller, about a subject or about none', () => {
    const { rows, events } = opened()
    rows.emit({ type: 'destroyed', id: 'one' }, 'ada')
    rows.emit({ type: 'destroyed', id: 'two' })
    const subjectKey = subjectKeyOf('default', 'ada')
    expect(events).toMatchObject([{ id: 'one', subjectKey }, { id: 'two' }])
    expect(events[1]).not.toHaveProperty('subjectKey')
  })

  it('reports nothing of rows that are silent, but for what the store does and for rows that do not open', async () => {
    const { rows, now, events } = opened()
    const marks = rows.silent()
    await marks.create('one', { data: {}, subject: 'ada', lifetime: day })
    const [first, second] = [await marks.find('one'), await marks.find('one')]
    for (const row of [first, second]) await marks.change(row!, (newest) => newest)
    now.ms += day + 1
    expect(await marks.find('one')).toBeUndefined()
    expect(events).toEqual([])
    await expect(marks.call('ask', 'two', () => Promise.reject(new Error('down')))).rejects.toThrow()
    expect(events).toMatchObject([{ type: 'store-failed' }])
  })

  it('changes no row that has been deleted', async () => {
    const { rows } = opened()
    const row = await rows.create('one', { data: {}, lifetime: day })
    await rows.delete('one')
    await expect(rows.change(row!, (newest) => newest)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    expect(await rows.find('one')).toBeUndefined()
  })

  it('ends a row its lifetime after the last touch', async () => {
    const { rows, now } = opened()
    const row = await rows.create('one', { data: {}, lifetime: day })
    now.ms += day
    expect(await rows.touch(row!, now.ms)).toBe(true)
    now.ms += day
    expect(await rows.find('one')).toBeDefined()
    now.ms += 1
    expect(await rows.find('one')).toBeUndefined()
  })

  it('does not end a row at an end that Object.prototype was polluted with', async () => {
    const { rows } = opened()
    await rows.create('one', { data: {}, lifetime: day })
    Object.defineProperty(Object.prototype, 'endsAt', { value: 1, configurable: true })
    try {
      expect(await rows.find('one')).toBeDefined()
    } finally {
      Reflect.deleteProperty(Object.prototype, 'endsAt')
    }
  })

  it('takes neither a subject nor an instant from a polluted Object.prototype', async () => {
    const { rows, now } = opened()
    const polluted = { subject: 'ada', touchedAt: 1 }
    for (const [name, value] of Object.entries(polluted)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true })
    }
    try {
      await rows.create('one', { data: {}, lifetime: day })
    } finally {
      for (const name of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, name)
    }
    expect(await rows.list('ada')).toEqual([])
    expect(await rows.find('one')).toMatchObject({ touchedAt: now.ms })
  })

  it('lists and deletes the rows of a subject, of its own kind only', async () => {
    const { rows, store, now } = opened()
    const others = opened('other', now, store).rows
    for (const id of ['one', 'two', 'three']) await rows.create(id, { data: {}, subject: 'ada', lifetime: day })
    await others.create('four', { data: {}, subject: 'ada', lifetime: day })
    expect((await rows.list('ada')).map(({ id }) => id)).toEqual(['one', 'three', 'two'])
    expect((await rows.list('ada', { limit: 1, after: 'one' })).map(({ id }) => id)).toEqual(['three'])
    expect(await rows.deleteAll('ada', { except: 'two' })).toBe(2)
    expect(await rows.list('ada')).toHaveLength(1)
    expect(await others.list('ada')).toHaveLength(1)
    expect(await rows.find('four')).toBeUndefined()
  })

  it('refuses content above maxBytes, a row that it has not returned, and a subject that is no text', async () => {
    const { rows } = opened()
    const text = 'x'.repeat(300_000)
    await expect(rows.create('one', { data: { text }, lifetime: day })).rejects.toMatchObject({
      code: 'ERR_SESSION_TOO_LARGE',
    })
    const row = { id: 'one', data: {}, lifetime: day, createdAt: 0, touchedAt: 0 }
    expect(() => rows.change(row, (newest) => newest)).toThrow(/change\(\) takes a row that find\(\)/)
    await expect(rows.list(42 as never)).rejects.toMatchObject({ code: 'ERR_SESSION_USAGE' })
  })

  const circular: Record<string, unknown> = {}
  circular.self = circular
  it.each<[string, Record<string, unknown>]>([
    ['a key __proto__', { deep: [JSON.parse('{"__proto__":{"a":1}}')] }],
    ['a key __proto__ of its own', JSON.parse('{"__proto__":{"a":1}}')],
    ['a reference to itself', circular],
    ['a bigint', { a: 1n }],
    ['too many levels', { note: '\u0001', x: nested(3000) }],
    ['more levels than JSON.stringify manages', { x: nested(20_000) }],
  ])('refuses data with %s before it is stored, and keeps the row', async (_, data) => {
    const { rows } = opened()
    const row = await rows.create('one', { data: { keep: 'me' }, lifetime: day })
    const refused = { code: 'ERR_SESSION_NOT_SERIALIZABLE' }
    await expect(rows.change(row!, (newest) => ({ ...newest, data }))).rejects.toMatchObject(refused)
    expect((await rows.find('one'))?.data).toEqual({ keep: 'me' })
    await expect(rows.create('two', { data, lifetime: day })).rejects.toMatchObject(refused)
    expect(await rows.create('two', { data: {}, lifetime: day })).toBeDefined()
  })

  it('keeps data of 500 levels', async () => {
    const { rows } = opened()
    const data = { note: '\u0001', x: nested(499) }
    await rows.create('one', { data, lifetime: day })
    expect((await rows.find('one'))?.data).toEqual(data)
  })

  it.each([
    ['lifetime', Number.NaN],
    ['lifetime', Number.POSITIVE_INFINITY],
    ['touchedAt', Number.NaN],
    ['touchedAt', Number.NEGATIVE_INFINITY],
  ])('refuses the %s %d before it is stored, and keeps the row', async (name, value) => {
    const { rows } = opened()
    const row = await rows.create('one', { data: { keep: 'me' }, lifetime: day })
    const refused = { code: 'ERR_SESSION_USAGE', message: 'lifetime and touchedAt must be finite numbers' }
    await expect(rows.change(row!, (newest) => ({ ...newest, [name]: value }))).rejects.toMatchObject(refused)
    expect((await rows.find('one'))?.data).toEqual({ keep: 'me' })
    await expect(rows.create('two', { data: {}, lifetime: day, [name]: value })).rejects.toMatchObject(refused)
  })

  it('inTurn › of 300 parallel changes none competes with another, and none is lost', async () => {
    const { rows, events } = opened()
    const seen = await rows.create(await rows.idOf('key'), { data: {}, lifetime: day })
    await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        rows.inTurn('key', (_id, newest) =>
          rows.change(newest ?? seen!, (row) => ({ ...row, data: { ...row.data, [`k${i}`]: i } })),
        ),
      ),
    )
    expect(Object.keys((await rows.find(seen!.id))!.data)).toHaveLength(300)
    expect(events.filter(({ type }) => type === 'conflict')).toEqual([])
  })

  it('inTurn › goes on after a write that has failed, without its row', async () => {
    const { rows } = opened()
    const failed = rows.inTurn('key', () => Promise.reject(new Error('refused')))
    const next = rows.inTurn('key', async (id, newest) => {
      expect(newest).toBeUndefined()
      return rows.create(id, { data: { a: 1 }, lifetime: day })
    })
    await expect(failed).rejects.toThrow('refused')
    expect(await next).toMatchObject({ id: await rows.idOf('key'), data: { a: 1 } })
  })

  it('inTurn › waits no longer than the time limit, and then names the public id', async () => {
    const rows = sealedRows({ secret, store: memoryStore(), kind: 'note', storeTimeout: 0.02 })
    rows.inTurn('key', () => new Promise(() => {}))
    const waiting = rows.inTurn('key', async () => undefined)
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_SESSION_BUSY', sessionId: await rows.idOf('key') })
  })

  it('refuses unknown options, and to be without a store', () => {
    const store = memoryStore()
    expect(() => sealedRows({ secret, store, kind: 'x', timeouts: {} } as never)).toThrow(/timeouts: is not an option/)
    expect(() => sealedRows({ secret, kind: 'x' } as never)).toThrow(/store: is missing/)
    expect(() => sealedRows({ secret, store } as never)).toThrow(/kind: is missing/)
  })

  it('gives calls to another storage its time limit and its errors', async () => {
    const { rows } = opened()
    const failing = rows.call('read elsewhere', 'one', () => Promise.reject(new Error('down')))
    await expect(failing).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', operation: 'read elsewhere' })
  })
})

/** So many objects, each in the one before it. */
function nested(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = { a: value }
  return value
}
