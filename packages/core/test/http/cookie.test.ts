import { createSessionManager, memoryStore, type SessionEvent, type SessionOptions } from '@sojourn/session-core'
import { fakeClock } from '@sojourn/session-testing'
import { describe, expect, it, vi } from 'vitest'
import { outcomeOf, visit, withDefaults } from '../helpers/raw-request'

const NAME = '__Host-session'

const modes: [string, () => Partial<SessionOptions>][] = [
  ['a store', () => ({ store: memoryStore() })],
  ['the cookie', () => ({})],
]

/** A manager, the events it reports, and a value for its cookie that opens a session of the subject. */
async function scene(options: Partial<SessionOptions>) {
  const clock = fakeClock()
  const events: SessionEvent[] = []
  const sessions = createSessionManager(withDefaults(clock, { ...options, onEvent: (event) => events.push(event) }))
  const valueFor = async (subject: string) => {
    const { cookie } = await visit(sessions, undefined, (session) => session.login(subject))
    return cookie.slice(NAME.length + 1)
  }
  return { clock, events, sessions, valueFor }
}

describe.each(modes)('the session cookie in %s', (_, options) => {
  it.each([
    'NAME=VALUE',
    ' NAME=VALUE',
    '\tNAME=VALUE',
    'NAME =VALUE',
    'NAME= VALUE',
    'NAME=VALUE ',
    'NAME=VALUE\t',
    'other=1; NAME=VALUE',
    'NAME=VALUE; other=1',
    'other=1;NAME=VALUE',
    ';; ;NAME=VALUE;',
    '$Version=1; NAME=VALUE; $Path=/',
    'noname; =novalue; NAME=VALUE',
    '__proto__=1; constructor=2; NAME=VALUE',
  ])('is found in %j', async (header) => {
    const { sessions, valueFor } = await scene(options())
    const cookie = header.replace('VALUE', await valueFor('alice')).replace('NAME', NAME)
    expect((await visit(sessions, cookie)).session.subject).toBe('alice')
  })

  const spaces = [
    '\u00a0',
    '\u2000',
    '\u2003',
    '\u3000',
    '\ufeff',
    '\u0085',
    '\u2028',
    '\u180e',
    '\v',
    '\f',
    '\r',
    '\n',
    '\0',
  ]
  it.each([
    ...spaces.flatMap((space) => [`${space}NAME=VALUE`, `NAME${space}=VALUE`, `a=1;${space}NAME=VALUE`]),
    '',
    '=',
    ';',
    'NAME',
    'NAME;VALUE',
    '=NAME=VALUE',
    ' =NAME=VALUE',
    'other=NAME=VALUE',
    'xNAME=VALUE',
    'NAMEx=VALUE',
    '$NAME=VALUE',
    '"NAME"=VALUE',
    '$Version=1,NAME=VALUE',
    '$Version="1", NAME=VALUE',
    '%5F_Host-session=VALUE',
    '__Host%2Dsession=VALUE',
    '__host-session=VALUE',
    '__HOST-SESSION=VALUE',
    '__Host-Session=VALUE',
    '__Host-session.2=VALUE',
    '__Host_session=VALUE',
    '\u005f\uff3fHost-session=VALUE',
    '__Host-se\u017fsion=VALUE',
  ])('is not found in %j', async (header) => {
    const { sessions, valueFor } = await scene(options())
    const cookie = header.replace('VALUE', await valueFor('alice')).replace('NAME', NAME)
    // A short cut for requests without our name must not be what keeps the others out.
    for (const beside of ['', `; other=${NAME}`]) expect(await outcomeOf(sessions, cookie + beside)).toBe('none')
  })

  it.each([
    ...spaces.flatMap((space) => [`${space}VALUE`, `VALUE${space}`]),
    '"VALUE"',
    'VALUE"',
    "'VALUE'",
    'VALUE,',
    'VALUE, __Host-session=VALUE',
    '=VALUE',
    'VALUE=',
    '%56VALUE',
    'VALUE%20',
    '',
    ' ',
    'deleted',
    'null',
    'undefined',
    '[object Object]',
    '\ud800',
    '😀'.repeat(1000),
  ])('opens no session and throws nothing if its value is %j', async (value) => {
    const { sessions, valueFor } = await scene(options())
    expect(await outcomeOf(sessions, `${NAME}=${value.replaceAll('VALUE', await valueFor('alice'))}`)).toMatch(
      /^(malformed|rejected)$/,
    )
  })

  it('opens its session beside up to three invalid cookies of its name', async () => {
    const { sessions, valueFor } = await scene(options())
    const good = `${NAME}=${await valueFor('alice')}`
    const bad = Array.from({ length: 5 }, (_, i) => `${NAME}=garbage${i}`)
    for (let before = 0; before <= 3; before++) {
      for (let behind = 0; behind <= 5; behind++) {
        const header = [...bad.slice(0, before), good, ...bad.slice(0, behind)].join('; ')
        expect((await visit(sessions, header)).session.subject).toBe('alice')
      }
    }
    expect(await outcomeOf(sessions, [...bad.slice(0, 4), good].join('; '))).not.toBe('resumed')
  })

  it('counts once if its value is repeated', async () => {
    const { sessions, events, valueFor } = await scene(options())
    const good = `${NAME}=${await valueFor('alice')}`
    const same = Array.from({ length: 20 }, () => `${NAME}=garbage`)
    expect(await outcomeOf(sessions, [...same, good, good, ...same, good].join('; '))).toBe('resumed')
    expect(events.filter(({ type }) => type === 'duplicate')).toEqual([])
  })

  it('opens no session beside another valid one, in either order, and an event names both', async () => {
    const { sessions, events, valueFor } = await scene(options())
    const values = [await valueFor('alice'), await valueFor('mallory')]
    const ids = await Promise.all(values.map(async (value) => (await visit(sessions, `${NAME}=${value}`)).session.id))
    for (const [first, second] of [values, values.toReversed()] as [string, string][]) {
      events.length = 0
      const { session, lines } = await visit(sessions, `${NAME}=${first}; ${NAME}=junk; ${NAME}=${second}`)
      expect(session.outcome).toBe('malformed')
      expect(session.subject).toBeUndefined()
      expect(session.data).toEqual({})
      expect(lines).toEqual([])
      const duplicates = events.filter((event) => event.type === 'duplicate')
      expect(duplicates.map(({ ids }) => ids.toSorted())).toEqual([ids.toSorted()])
    }
    expect(await outcomeOf(sessions, `${NAME}=${values[0]}`)).toBe('resumed')
  })

  it('is found between any number of blanks in linear time', { timeout: 5000 }, async () => {
    const { sessions, valueFor } = await scene(options())
    const blanks = ' '.repeat(200_000)
    const cookie = `a${blanks}b=1; ${NAME}=${await valueFor('alice')}; c=${blanks}d`
    expect(await outcomeOf(sessions, cookie)).toBe('resumed')
  })

  it('opens no session if it is longer than browsers allow', async () => {
    const { sessions } = await scene(options())
    for (const length of [4096, 4097, 12_289, 16_000, 1_000_000]) {
      expect(await outcomeOf(sessions, `${NAME}=${'a'.repeat(length)}`)).toMatch(/^(malformed|rejected)$/)
    }
  })
})

describe('the cookie of a stored session', () => {
  it('opens its session beside its own predecessor, in either order', async () => {
    const { sessions, clock, valueFor } = await scene({
      store: memoryStore(),
      timeouts: { idle: 3600, rolling: 3600 },
    })
    const before = `${NAME}=${await valueFor('alice')}`
    clock.advance(2701)
    const { cookie: after } = await visit(sessions, before)
    for (const header of [`${before}; ${after}`, `${after}; ${before}`]) {
      const { session, lines } = await visit(sessions, header)
      expect(session.outcome).toBe('resumed')
      expect(lines).toEqual([])
    }
  })
})

describe('a session that is too long for one cookie', () => {
  const big = (length: number) => Array.from({ length }, (_, i) => String.fromCharCode(97 + ((i * i) % 26))).join('')
  async function chunked(length = 7000) {
    const { sessions } = await scene({})
    const { cookie, lines } = await visit(sessions, undefined, (session) => {
      session.data.text = big(length)
    })
    return { sessions, cookie, lines, parts: cookie.split('; ') }
  }

  it('is split over cookies of at most 4096 bytes, and opens with them in any order', async () => {
    const { sessions, lines, parts } = await chunked()
    expect(parts.map((part) => part.slice(0, part.indexOf('=')))).toEqual([NAME, `${NAME}.2`, `${NAME}.3`])
    for (const part of parts) expect(part.length - 1).toBeLessThanOrEqual(4096)
    expect(new Set(lines.map((line) => line.slice(line.indexOf(';'))))).toEqual(
      new Set(['; Path=/; HttpOnly; Secure; SameSite=Strict']),
    )
    for (const header of [parts.join('; '), parts.toReversed().join('; ')]) {
      expect((await visit(sessions, header)).session.data.text).toBe(big(7000))
    }
  })

  it('opens only with all of its own chunks, split as they were', async () => {
    const { sessions, parts } = await chunked()
    const [first, second, third] = parts as [string, string, string]
    const value = parts.map((part) => part.slice(part.indexOf('=') + 1)).join('')
    const other = (await chunked()).parts
    const wrong = [
      [first],
      [first, second],
      [first, third],
      [first, second, third, `${NAME}.3=x`],
      [first, second, `${third}x`],
      [first, second, other[2]!],
      [first, `${NAME}.2=${third.slice(NAME.length + 3)}`, `${NAME}.3=${second.slice(NAME.length + 3)}`],
      [first.replace('3~', '2~'), second, third],
      [first.replace('3~', '4~'), second, third, `${NAME}.4=`],
      [first.replace('3~', ''), second, third],
      [`${NAME}=${value.slice(2)}`],
      [`${NAME}=${value}`],
      [first.slice(0, -1), `${NAME}.2=${first.at(-1)}${second.slice(NAME.length + 3)}`, third],
      [`${first.slice(0, 100)}`, `${NAME}.2=${value.slice(100 - NAME.length - 1)}`, `${NAME}.3=`],
    ]
    for (const cookies of wrong) expect(await outcomeOf(sessions, cookies.join('; '))).toMatch(/^(malformed|rejected)$/)
    expect(await outcomeOf(sessions, `${second}; ${third}`)).toBe('none')
    expect(await outcomeOf(sessions, parts.join('; '))).toBe('resumed')
  })

  it('is parsed once, however many cookies and chunks the request has', async () => {
    const { sessions } = await scene({ cookie: { chunks: 9 } })
    const chunks = Array.from({ length: 7 }, (_, i) => `${NAME}.${i + 2}=x`)
    const header = [...'abcd']
      .map((value) => `${NAME}=9~${value}`)
      .concat(chunks, ';'.repeat(1000))
      .join('; ')
    const split = vi.spyOn(String.prototype, 'split')
    expect(await outcomeOf(sessions, header)).toMatch(/^(malformed|rejected)$/)
    const passes = split.mock.contexts.filter((text) => String(text) === header)
    split.mockRestore()
    expect(passes).toHaveLength(1)
  })

  it('throws nothing for forged chunks', async () => {
    const { sessions } = await scene({})
    for (const count of ['2', '3', '4', '9', '1', '0', '10', '-1', '2.5']) {
      for (const length of [0, 1, 4079, 4080, 4081, 8160, 12_240, 12_241, 16_000, 100_000]) {
        for (const filler of ['a', '~', 'é']) {
          const rest = Array.from({ length: 8 }, (_, i) => `${NAME}.${i + 2}=${filler.repeat(length)}`)
          for (const header of [rest, rest.slice(0, 1), rest.slice(0, 2), []]) {
            const outcome = await outcomeOf(sessions, [`${NAME}=${count}~${filler}`, ...header].join('; '))
            expect(outcome).toMatch(/^(malformed|rejected)$/)
          }
        }
      }
    }
  })
})
