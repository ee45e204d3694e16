import { seededRandom } from '@sojourn/session-testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { formatToken, MAX_GENERATION, newId, type Token, TokenIssuer } from '../../src/record/token'
import { base64url, byteLength, fromBase64url, randomBytes } from '../../src/seal/bytes'
import { KeyRing } from '../../src/seal/keys'
import { platform } from '../../src/seal/platform-node'
import { bitFlips, singleEdits } from '../helpers/edits'

const random = seededRandom(1)
const [OLD, NEW] = ['an old secret that is long enough for tests', 'a new secret that is long enough for tests']
const issuer = (secret: string | string[] = NEW, purpose = 'session session') =>
  new TokenIssuer(new KeyRing(secret), purpose, random)

describe('token', () => {
  it('has 22 characters of id and 43 of secret, and none of them needs escaping', async () => {
    const token = await issuer().issue(newId(random), 7)
    expect([token.id.length, token.secret.length, token.generation, token.outdated]).toEqual([22, 43, 7, false])
    expect(formatToken(token)).toMatch(/^[\w.-]{66}$/)
  })

  it('is read back with its generation, the first and the last one included', async () => {
    for (const generation of [0, 1, 2, 255, 256, 65_536, 2 ** 31, MAX_GENERATION - 1, MAX_GENERATION]) {
      const token = await issuer().issue(newId(random), generation)
      expect(await issuer().verify(formatToken(token))).toEqual({ ...token, presented: true })
    }
  })

  it('has 16 random bytes, so that no two are equal', async () => {
    const id = newId(random)
    const secrets = new Set<string>()
    for (let i = 0; i < 500; i++) secrets.add((await issuer().issue(id, 1)).secret)
    expect(secrets.size).toBe(500)
  })

  it('is refused after any single edit and any flipped bit', async () => {
    const token = formatToken(await issuer().issue(newId(random), 3))
    for (const edited of [...singleEdits(token), ...bitFlips(token)]) {
      expect(['malformed', 'forged'], edited).toContain(await issuer().verify(edited))
    }
  })

  it('is verified once, and not at all where it was issued, and each edit of it is refused after that', async () => {
    const hmac = vi.spyOn(platform, 'hmac')
    onTestFinished(() => hmac.mockRestore())
    const ours = issuer()
    const text = formatToken(await ours.issue(newId(random), 3))
    const asked = hmac.mock.calls.length
    const token = await ours.verify(text)
    const others = issuer()
    expect(await others.verify(text)).toEqual(token)
    expect(hmac.mock.calls.length).toBe(asked + 1)
    await others.verify(text)
    for (let i = 0; i < 5; i++) expect(await ours.verify(text)).toEqual(token)
    expect(hmac.mock.calls.length).toBe(asked + 1)
    for (const edited of singleEdits(text)) {
      for (let i = 0; i < 2; i++) expect(['malformed', 'forged'], edited).toContain(await ours.verify(edited))
    }
  })

  it('is refused with another id, generation, purpose or secret', async () => {
    const token = await issuer().issue(newId(random), 3)
    const other = await issuer().issue(newId(random), 4)
    expect(await issuer().verify(formatToken({ id: other.id, secret: token.secret }))).toBe('forged')
    expect(await issuer(OLD).verify(formatToken(token))).toBe('forged')
    for (const purpose of ['session remember', 'other session', 'sessionsession', ''])
      expect(await issuer(NEW, purpose).verify(formatToken(token)), purpose).toBe('forged')
    const bytes = fromBase64url(token.secret)
    for (const [from, to] of [
      [0, 16],
      [16, 20],
      [20, 22],
      [22, 32],
    ] as const) {
      const mixed = bytes.slice()
      mixed.set(fromBase64url(other.secret).subarray(from, to), from)
      const same = base64url(mixed) === token.secret
      expect(await issuer().verify(formatToken({ id: token.id, secret: base64url(mixed) }))).toEqual(
        same ? { ...token, presented: true } : 'forged',
      )
    }
  })

  it('is outdated under an older secret, and refused once that secret is gone', async () => {
    const token = formatToken(await issuer(OLD).issue(newId(random), 1))
    expect(await issuer([NEW, OLD]).verify(token)).toMatchObject({ outdated: true, generation: 1 })
    expect(await issuer([OLD, NEW]).verify(token)).toMatchObject({ outdated: false })
    expect(await issuer(NEW).verify(token)).toBe('forged')
  })

  it('is found by its hint among 2001 secrets, two of which may share one', async () => {
    const secrets = Array.from({ length: 2001 }, (_, i) => `secret ${i} that is long enough for these tests`)
    const ring = issuer(secrets)
    for (const i of [0, 1, 1000, 2000]) {
      const token = await issuer(secrets[i]!).issue(newId(random), 1)
      expect(await ring.verify(formatToken(token))).toEqual({ ...token, outdated: i > 0, presented: true })
    }
  })

  it('costs no more to check among 2001 secrets than among two', async () => {
    for (const [count, most] of [
      [2, 1000],
      [2001, 1000],
    ] as const) {
      const ring = issuer(Array.from({ length: count }, (_, i) => `secret ${i} that is long enough for these tests`))
      await ring.verify(formatToken(await ring.issue(newId(random), 1)))
      const hmac = vi.spyOn(platform, 'hmac')
      for (let i = 0; i < 1000; i++) {
        expect(await ring.verify(`${newId(random)}.${base64url(random(32))}`)).toBe('forged')
      }
      expect(hmac.mock.calls.length).toBeLessThanOrEqual(most)
      hmac.mockRestore()
    }
  })

  it.each([
    '',
    '.',
    'id.secret',
    `${'A'.repeat(21)}B.${'A'.repeat(43)}`,
    `${'A'.repeat(22)}.${'A'.repeat(42)}B`,
    `${'é'.repeat(22)}.${'A'.repeat(43)}`,
    'A'.repeat(1_000_000),
    `${'A'.repeat(22)}.${'A'.repeat(43)}.x`,
    `${'A'.repeat(22)}${'A'.repeat(43)}`,
    `${'A'.repeat(22)}..${'A'.repeat(43)}`,
    ` ${'A'.repeat(22)}.${'A'.repeat(43)}`,
    `${'A'.repeat(22)}.${'A'.repeat(43)}\n`,
    `${'A'.repeat(22)}.${'A'.repeat(43)}=`,
  ])('is malformed as %j', async (text) => {
    expect(await issuer().verify(text)).toBe('malformed')
  })

  it('draws its random bytes when it is issued, not ahead', async () => {
    let drawn = 0
    const counting = (length: number) => {
      drawn += length
      return random(length)
    }
    const counted = new TokenIssuer(new KeyRing(NEW), 'session session', counting)
    const tokens: Token[] = []
    for (let i = 1; i <= 3; i++) {
      tokens.push(await counted.issue(newId(random), i))
      expect(drawn).toBe(16 * i)
    }
    for (const token of tokens) await counted.verify(formatToken(token))
    expect(drawn).toBe(48)
  })
})

describe('random bytes', () => {
  it('are as many as were asked for, and other ones each time', () => {
    const seen = new Set<string>()
    for (let round = 0; round < 200; round++) {
      for (const length of [16, 32, 48, 511, 512, 513]) {
        const bytes = randomBytes(length)
        expect(bytes).toHaveLength(length)
        seen.add(base64url(bytes))
        // What is handed out is the caller's alone.
        bytes.fill(0)
      }
    }
    expect(seen.size).toBe(1200)
    expect(randomBytes(0)).toHaveLength(0)
  })
})

describe('base64url', () => {
  it('is that of RFC 4648, section 5, both ways, for any bytes of any length', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = random(length)
      const text = base64url(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      expect(fromBase64url(text)).toEqual(bytes)
    }
    expect(base64url(Uint8Array.of(0xfb, 0xff, 0xbf))).toBe('-_-_')
    expect(base64url(new Uint8Array(200_000))).toHaveLength(266_667)
  })
})

it('the length of a text in bytes is that of its UTF-8', () => {
  for (const text of ['', 'a', 'é', '茶', '🫖', '\ud800']) expect(byteLength(text)).toBe(Buffer.byteLength(text))
})
