import { seededRandom } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { formatToken, newId, newSecret, parseToken } from '../../src/record/token'
import { base64url, byteLength, fromBase64url, randomBytes } from '../../src/seal/bytes'
import { bitFlips, singleEdits } from '../helpers/edits'

const random = seededRandom(1)
const tokens = Array.from({ length: 200 }, () => ({ id: newId(random), secret: newSecret(random) }))

describe('token', () => {
  it('has 128 and 256 random bits, in 22 and 43 characters that need no escaping', () => {
    for (const { id, secret } of tokens) {
      expect([id.length, secret.length]).toEqual([22, 43])
      expect(Buffer.from(id, 'base64url')).toHaveLength(16)
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
      expect(formatToken({ id, secret })).toMatch(/^[\w.-]{66}$/)
    }
    expect(new Set(tokens.flatMap(({ id, secret }) => [id, secret])).size).toBe(400)
  })

  it('is parsed to the values it was formatted from', () => {
    for (const token of tokens) expect(parseToken(formatToken(token))).toEqual(token)
  })

  it('has one valid form: any other text is malformed or another token', () => {
    const token = tokens[0]!
    const [id, secret] = [Buffer.from(token.id, 'base64url'), Buffer.from(token.secret, 'base64url')]
    const text = formatToken(token)
    for (const edited of [...singleEdits(text), ...bitFlips(text)]) {
      const read = parseToken(edited)
      if (!read) continue
      expect(formatToken(read)).toBe(edited)
      const same = Buffer.from(read.id, 'base64url').equals(id) && Buffer.from(read.secret, 'base64url').equals(secret)
      expect(same).toBe(false)
    }
  })

  it.each([
    '',
    '.',
    'id.secret',
    formatToken(tokens[0]!).replace('.', ''),
    formatToken(tokens[0]!).replace('.', '..'),
    ` ${formatToken(tokens[0]!)}`,
    `${formatToken(tokens[0]!)}\n`,
    `${formatToken(tokens[0]!)}=`,
    `${'A'.repeat(21)}B.${'A'.repeat(43)}`,
    `${'A'.repeat(22)}.${'A'.repeat(42)}B`,
    `${'é'.repeat(22)}.${'A'.repeat(43)}`,
    'A'.repeat(1_000_000),
    `${'A'.repeat(22)}.${'A'.repeat(43)}.x`,
  ])('is not %j', (text) => {
    expect(parseToken(text)).toBeNull()
  })
})

describe('random bytes', () => {
  it('have the requested length, and differ each time', () => {
    const seen = new Set<string>()
    for (let round = 0; round < 200; round++) {
      for (const length of [16, 32, 48, 511, 512, 513]) {
        const bytes = randomBytes(length)
        expect(bytes).toHaveLength(length)
        seen.add(base64url(bytes))
        // The caller may overwrite the array it got.
        bytes.fill(0)
      }
    }
    expect(seen.size).toBe(1200)
    expect(randomBytes(0)).toHaveLength(0)
  })
})

describe('base64url', () => {
  it('encodes and decodes any bytes as RFC 4648, section 5', () => {
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

it('byteLength is the number of bytes in UTF-8', () => {
  for (const text of ['', 'a', 'é', '茶', '🫖', '\ud800']) expect(byteLength(text)).toBe(Buffer.byteLength(text))
})
