import { createSessionManager, type SessionCodec } from '@sojourn/session-core'
import { fakeClock } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { ironCodec } from '../../src/seal/codec'
import { KeyRing } from '../../src/seal/keys'
import { SECRET } from '../helpers/browser'
import { outcomeOf, visit, withDefaults } from '../helpers/raw-request'

const COOKIE = '__Host-session'

describe('sealed record', () => {
  const clock = fakeClock()
  const codec = ironCodec(new KeyRing(SECRET))
  const record = (data: string) => `[1,"abcdefghijklmnopqrstuA",${`${clock()},`.repeat(4)}0,[["default",${data}]]]`
  const open = async (text: string) => {
    const sessions = createSessionManager(withDefaults(clock))
    return (await visit(sessions, `${COOKIE}=${await codec.seal(text, `${COOKIE} session`)}`)).session
  }
  const escaped = (letter: string, hex = letter.charCodeAt(0).toString(16).padStart(4, '0')) => `\\u${hex}`
  const spellings = [
    '__proto__',
    ...Array.from('__proto__', (letter, i) => '__proto__'.slice(0, i) + escaped(letter) + '__proto__'.slice(i + 1)),
    Array.from('__proto__', (letter) => escaped(letter)).join(''),
    '\\u005F_proto_\\u005f',
  ]

  it('is rejected with a key __proto__, escaped or not, at any depth', async () => {
    expect((await open(record('{"fine":1}'))).outcome).toBe('resumed')
    for (const key of spellings) {
      expect(JSON.parse(`"${key}"`)).toBe('__proto__')
      for (const wrap of [
        '{"KEY":{"admin":true}}',
        '{"a":{"KEY":1}}',
        '{"a":[{"b":{"KEY":{}}}]}',
        '{"a":1,"KEY":null}',
      ]) {
        expect((await open(record(wrap.replace('KEY', key)))).outcome).toBe('rejected')
      }
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('is read without members of a polluted Object.prototype', async () => {
    const planted = { subject: 'admin', authenticatedAt: 1, bound: { traits: [], hash: '' }, data: { admin: true } }
    for (const [name, value] of Object.entries(planted)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true })
      const session = await open(record('{"a":1}'))
      const { outcome, subject, authenticatedAt, data } = session
      Reflect.deleteProperty(Object.prototype, name)
      expect([outcome, subject, authenticatedAt, data], name).toEqual(['resumed', undefined, undefined, { a: 1 }])
    }
  })

  it('may contain __proto__ as a value, and names of inherited members as keys', async () => {
    const data = { note: '__proto__ \\u005f_proto__', constructor: 1, toString: 'x', hasOwnProperty: null, valueOf: [] }
    expect((await open(record(JSON.stringify(data)))).data).toEqual(data)
  })

  it.each([
    '',
    'null',
    '1',
    '"text"',
    '{}',
    '[]',
    '[2]',
    '[1]',
    '[1,"id"]',
    '[1,2,3,4,5,6,0,[]]',
    '[1,"id",null,4,5,6,0,[]]',
    '[1,"id",3,4,5,6,0,null]',
    '[1,"id",3,4,5,6,0,[null]]',
    '[1,"id",3,4,5,6,0,[[]]]',
    '[1,"id",3,4,5,6,0,[["default",1]]]',
    '[1,"id",3,4,5,6,0,[["default"]]]',
    '[1,"id",3,4,5,6,0,[],[null]]',
    '[1,"id",3,4,5,6,0,[],{}]',
    '[1,"id",3,4,5,6,["hash"],[]]',
    '[1,"id",3,4,5,6,["hash",null,0],[]]',
    '[1,"id",3,4,5,6,{},[]]',
    '{"a":',
    '\u0000',
  ])('with invalid content gives a rejected cookie and no exception: %j', async (text) => {
    expect((await open(text)).outcome).toBe('rejected')
  })
})

describe('custom codec', () => {
  const clock = fakeClock()
  const reversing: SessionCodec = {
    seal: async (payload, purpose) => btoa(encodeURIComponent(`${purpose}|${payload}`)).replaceAll('=', ''),
    unseal: async (sealed, purpose) => {
      const text = decodeURIComponent(atob(sealed))
      if (!text.startsWith(`${purpose}|`)) throw new Error('another purpose')
      return text.slice(purpose.length + 1)
    },
  }

  it('seals and opens the sessions', async () => {
    const sessions = createSessionManager(withDefaults(clock, { codec: reversing }))
    const { cookie } = await visit(sessions, undefined, (session) => session.login('чай'))
    expect((await visit(sessions, cookie)).session.subject).toBe('чай')
  })

  it.each<[string, SessionCodec['unseal']]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    [
      'throws what is no error',
      () => {
        throw undefined
      },
    ],
    ['yields nothing', async () => undefined as unknown as string],
    ['yields an object', async () => ({ length: 3 }) as unknown as string],
    ['yields no record', async () => 'not a record'],
  ])('gives a rejected cookie and no exception if it %s', async (_, unseal) => {
    const sessions = createSessionManager(withDefaults(clock, { codec: { ...reversing, unseal } }))
    expect(await outcomeOf(sessions, `${COOKIE}=anything`)).toBe('rejected')
  })
})
