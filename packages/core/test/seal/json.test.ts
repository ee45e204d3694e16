import { createSessionManager, memoryStore, type Session } from '@sojourn/session-core'
import { fakeClock } from '@sojourn/session-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../src/seal/json'
import type { AnyData } from '../helpers/browser'
import { visit, withDefaults } from '../helpers/raw-request'

const sessions = createSessionManager<AnyData>(withDefaults(fakeClock()))

class Money {
  constructor(readonly cents: number) {}
}

const cyclic: Record<string, unknown> = { name: 'loop' }
cyclic.list = [{ back: cyclic }]
const nested = (depth: number): unknown => (depth === 0 ? 'leaf' : { down: nested(depth - 1) })
const nestedList = (depth: number): unknown => (depth === 0 ? 'leaf' : [nestedList(depth - 1)])

/** Values that JSON changes or loses, with their path below `session.data.value` and the name in the error. */
const refused: [string, unknown, string, RegExp][] = [
  ['a Date', new Date(0), '', /a Date/],
  ['an invalid Date', new Date(Number.NaN), '', /a Date/],
  ['a Map', new Map([[1, 2]]), '', /a Map/],
  ['a Set', new Set([1]), '', /a Set/],
  ['NaN', Number.NaN, '', /NaN/],
  ['Infinity', Number.POSITIVE_INFINITY, '', /Infinity/],
  ['-Infinity', Number.NEGATIVE_INFINITY, '', /-Infinity/],
  ['a BigInt', 1n, '', /bigint/],
  ['a function', () => 1, '', /function/],
  ['a class', Money, '', /function/],
  ['a symbol', Symbol('s'), '', /symbol/],
  ['an instance of a class', new Money(5), '', /a Money/],
  ['an Error', new Error('x'), '', /an? Error/],
  ['a RegExp', /x/, '', /a RegExp/],
  ['a Buffer', Buffer.from('x'), '', /a Buffer/],
  ['a typed array', new Uint8Array(2), '', /a Uint8Array/],
  ['a promise', { a: Promise.resolve(1) }, '.a', /a Promise/],
  ['a boxed number', Object(1), '', /a Number/],
  ['a boxed string', Object('x'), '', /a String/],
  ['a URL', new URL('https://a.example'), '', /a URL/],
  ['an object made from another', Object.create({ inherited: 1 }), '', /class instance|Object/],
  ['undefined in an array', [1, undefined], '[1]', /undefined/],
  ['a hole in an array', new Array(1), '[0]', /undefined/],
  ['a Date in an array', [[new Date()]], '[0][0]', /a Date/],
  ['a function in an object', { a: { b: [{ c() {} }] } }, '.a.b[0].c', /function/],
  ['a symbol as a key', { a: { [Symbol('s')]: 1 } }, '.a', /symbol/i],
  ['a key __proto__', { a: JSON.parse('{"__proto__":{"admin":true}}') }, '.a.__proto__', /prototypes/],
  ['a key __proto__ with nothing in it', JSON.parse('{"__proto__":null}'), '.__proto__', /prototypes/],
  ['a toJSON method', { a: { toJSON: () => 'x' } }, '.a', /toJSON/],
  ['a hidden toJSON method', Object.defineProperty({}, 'toJSON', { value: () => 'x' }), '', /toJSON/],
  ['an array with a toJSON method', { a: Object.assign([1], { toJSON: () => 'x' }) }, '.a', /toJSON/],
  ['an array with a named member', { a: Object.assign([1], { total: 3 }) }, '.a.total', /array/],
  ['a cycle', cyclic, '.list[0].back', /itself/],
  ['65 objects in one another', nested(65), '.down'.repeat(64), /64 levels/],
  ['65 arrays in one another', nestedList(65), '[0]'.repeat(64), /64 levels/],
]

describe('session.data', () => {
  const expected = (path: string, what: RegExp) => ({
    code: 'ERR_SESSION_NOT_SERIALIZABLE',
    message: expect.stringMatching(
      new RegExp(
        `^session\\.data\\.value${path.replace(/[[\]]/g, '\\$&')} is [^.]*${what.source}[^.]*which JSON cannot represent`,
        'i',
      ),
    ),
  })

  it.each(refused)('refuses %s, by its path, before anything is stored', async (_, value, path, what) => {
    const error = expected(path, what)
    const put = (session: Session<AnyData>) => {
      session.data.value = value
      session.data.other = 'not stored either'
    }
    const first = await visit(sessions, undefined, async (session) => {
      await session.login('alice')
      put(session)
      await expect(session.save()).rejects.toMatchObject(error)
      await expect(session.regenerate()).rejects.toMatchObject(error)
      session.data = {}
      await expect(session.update('value', () => value)).rejects.toMatchObject(error)
    })
    await expect(visit(sessions, first.cookie, put)).rejects.toMatchObject(error)
    expect((await visit(sessions, first.cookie)).session.data).toEqual({})
  })

  it.each<[string, () => object, string]>([
    ['a Map', () => new Map([['a', 1]]), 'session\\.data is a Map'],
    ['a Date', () => new Date(), 'session\\.data is a Date'],
    ['an instance of a class', () => new Money(5), 'session\\.data is a Money'],
    [
      'an object with a key __proto__',
      () => JSON.parse('{"__proto__":{"admin":true}}'),
      'session\\.data\\.__proto__ is',
    ],
    ['an object with a symbol as a key', () => ({ [Symbol('s')]: 1 }), 'session\\.data is'],
    ['an object with toJSON', () => Object.defineProperty({}, 'toJSON', { value: () => ({}) }), 'session\\.data is'],
  ])('refuses to be replaced by %s, and keeps its value', async (_, make, message) => {
    const { cookie } = await visit(sessions, undefined, (session) => {
      session.data = { kept: 'x' }
    })
    const replaced = visit(sessions, cookie, (session) => {
      session.data = make()
    })
    await expect(replaced).rejects.toMatchObject({
      code: 'ERR_SESSION_NOT_SERIALIZABLE',
      message: expect.stringMatching(new RegExp(`^${message}`)),
    })
    expect((await visit(sessions, cookie)).session.data).toEqual({ kept: 'x' })
  })

  it.each<[string, unknown]>([
    ['64 objects in one another', nested(64)],
    ['64 arrays in one another', nestedList(64)],
    ['the same object twice, which is no cycle', ((shared) => ({ a: shared, b: [shared] }))({ x: 1 })],
    ['the word __proto__, and escapes of it, as a value', ['__proto__', '\\u005f_proto__', '{"__proto__":1}']],
    ['names of every object’s members as keys', { constructor: { prototype: 1 }, toString: 2, hasOwnProperty: 3 }],
    ['halves of characters', ['\ud800', '\udfff', '\udc00\ud800']],
    ['control characters and line separators', '\0\u0001\u001f\u007f\u0085\u2028\u2029\ufeff'],
    ['the largest and the smallest numbers', [Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER, -1e-7, 0.1]],
    ['empty things', { '': '', list: [], object: {}, nothing: null, no: false, zero: 0 }],
    ['keys that look like numbers', { 10: 'a', 9: 'b', '-1': 'c', '1.5': 'd' }],
  ])('stores %s', async (_, value) => {
    expect(await roundTrip(value)).toEqual(value)
  })

  it('stores an object without a prototype as a plain object', async () => {
    expect(await roundTrip(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 })
  })

  it('omits undefined members and the sign of zero, as JSON does', async () => {
    const value = (await roundTrip({ a: undefined, b: 1, c: -0 })) as { c: number }
    expect(Object.keys(value)).toEqual(['b', 'c'])
    expect(Object.is(value.c, 0)).toBe(true)
  })

  it('stores any JSON value exactly', async () => {
    const anyJson = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }).filter((value) => {
      const text = JSON.stringify(value)
      return !text.includes('"__proto__":')
    })
    await fc.assert(
      fc.asyncProperty(anyJson, async (value) => {
        const held = await roundTrip(value)
        expect(JSON.stringify(held)).toBe(JSON.stringify(value))
      }),
      { numRuns: 150, seed: 4 },
    )
  })

  it('delete removes a key, also one with the name of an inherited member', async () => {
    for (const key of ['plain', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
      const first = await visit(sessions, undefined, (session) => {
        session.data[key] = 'here'
        session.data.other = 1
      })
      const second = await visit(sessions, first.cookie, (session) => {
        expect(session.data[key]).toBe('here')
        delete session.data[key]
      })
      expect(Object.keys((await visit(sessions, second.cookie)).session.data)).toEqual(['other'])
    }
  })

  it('changes made during a save are stored by the next save', async () => {
    const store = memoryStore()
    const list = ['saved']
    const create = store.create.bind(store)
    store.create = (row) => {
      list.push('while saving')
      return create(row)
    }
    const stored = createSessionManager<AnyData>(withDefaults(fakeClock(), { store: store }))
    const { cookie } = await visit(stored, undefined, async (session) => {
      session.data.list = list
      await session.save()
    })
    expect((await visit(stored, cookie)).session.data).toEqual({ list: ['saved', 'while saving'] })
  })

  it('assigning to __proto__ does not pollute prototypes', async () => {
    const { cookie } = await visit(sessions, undefined, (session) => {
      session.data.kept = 1
    })
    const poisoned = visit(sessions, cookie, (session) => {
      // biome-ignore lint/suspicious/noProto: an attacker may choose the key
      session.data.__proto__ = { admin: true }
    })
    await expect(poisoned).rejects.toMatchObject({ code: 'ERR_SESSION_NOT_SERIALIZABLE' })
    expect((await visit(sessions, cookie)).session.data.admin).toBeUndefined()
    expect(({} as AnyData).admin).toBeUndefined()
  })

  async function roundTrip(value: unknown): Promise<unknown> {
    const { cookie } = await visit(sessions, undefined, (session) => {
      session.data.value = value
      session.data.more = true
    })
    return (await visit(sessions, cookie)).session.data.value
  }
})

describe('parseJson', () => {
  it('equals JSON.parse if no key is __proto__', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
        fc.pre(!/"(?:_|\\u005f){2}proto(?:_|\\u005f){2}"\s*:/i.test(text))
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 500, seed: 5 },
    )
  })

  it('refuses __proto__ as a key, not as a value', () => {
    expect(parseJson('{"a":"__proto__","b":["\\u005f_proto__"],"__proto":1,"proto__":2}')).toEqual({
      a: '__proto__',
      b: ['__proto__'],
      __proto: 1,
      proto__: 2,
    })
    for (const text of ['{"__proto__":1}', '[{"a":{"__proto__":{}}}]', '{"\\u005F\\u005f\\u0070roto__":1}']) {
      expect(() => parseJson(text)).toThrow(SyntaxError)
    }
  })

  it.each([
    ['{"a":', '}'],
    ['[', ']'],
  ])('opens what JSON.parse opens, however deep %s is nested, also with an escaped character', (open, close) => {
    const deep = (inner: string) => open.repeat(20_000) + inner + close.repeat(20_000)
    expect(() => parseJson(deep('"\\u0001"'))).not.toThrow()
    expect(() => parseJson(deep('{"__proto__":1}'))).toThrow('the key __proto__ is not allowed')
  })

  it.each(['', '{', '[1,]', "{'a':1}", 'undefined', '{"a":1}x', '\ufeff{}', 'NaN'])(
    'throws a SyntaxError for %j',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError)
    },
  )
})
