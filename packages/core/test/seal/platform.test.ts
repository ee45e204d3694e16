import Iron from '@hapi/iron'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SealKeys } from '../../src/seal/platform'
import { platform as node } from '../../src/seal/platform-node'
import { platform as web } from '../../src/seal/platform-web'
import { bitFlips } from '../helpers/edits'
import { coreOn } from '../helpers/on-platform'

const keys: SealKeys = { id: '0a1b2c3d', encryption: new Uint8Array(32).fill(1), integrity: new Uint8Array(32).fill(2) }
const hapiKeys = { id: keys.id, encryption: Buffer.from(keys.encryption), integrity: Buffer.from(keys.integrity) }

/** Every maker and reader of seals, in one shape: JSON text in, JSON text out. */
const makers = {
  node: async (text: string) => node.seal(text, keys),
  web: async (text: string) => web.seal(text, keys),
  hapi: (text: string) => Iron.seal(JSON.parse(text), hapiKeys, Iron.defaults),
}
const readers = {
  node: async (sealed: string) => node.unseal(sealed, keys),
  web: async (sealed: string) => web.unseal(sealed, keys),
  hapi: async (sealed: string) =>
    JSON.stringify(await Iron.unseal(sealed, { [keys.id]: hapiKeys }, { ...Iron.defaults, timestampSkewSec: 0 })),
}
const pairs = Object.keys(makers).flatMap((maker) => Object.keys(readers).map((reader) => [maker, reader] as const))

/** What core seals: JSON, with text of every width and length in it. */
const json = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(fc.integer()),
    fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
      fc.string({ unit: 'grapheme' }),
    ),
  )
  .map((value) => JSON.stringify(value))

describe.each(pairs)('a text sealed by %s and opened by %s', (maker, reader) => {
  const [seal, unseal] = [makers[maker as keyof typeof makers], readers[reader as keyof typeof readers]]

  it('is unchanged, for any text', async () => {
    await fc.assert(
      fc.asyncProperty(json, async (text) => {
        expect(await unseal(await seal(text))).toBe(text)
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  it('is unchanged at every length around a cipher block, with one to four bytes per character', async () => {
    for (const character of ['a', 'é', '茶', '🫖']) {
      for (let length = 0; length <= 34; length++) {
        const text = JSON.stringify(character.repeat(length))
        expect(await unseal(await seal(text))).toBe(text)
      }
    }
    const large = JSON.stringify('🫖 чай '.repeat(5000))
    expect(await unseal(await seal(large))).toBe(large)
  })
})

describe('a seal', () => {
  it('has the same form on all platforms: both salts and the expiry are empty', async () => {
    for (const seal of Object.values(makers)) {
      expect(await seal('{"a":1}')).toMatch(/^Fe26\.2\*0a1b2c3d\*\*[\w-]{22}\*[\w-]{22}\*\*\*[\w-]{43}$/)
    }
  })

  it('differs each time', async () => {
    for (const seal of Object.values(makers)) {
      expect(new Set(await Promise.all(Array.from({ length: 50 }, () => seal('{}')))).size).toBe(50)
    }
  })

  it('is refused with another encryption key or integrity key', async () => {
    const sealed = await node.seal('{"a":1}', keys)
    for (const platform of [node, web]) {
      await expect(
        (async () => platform.unseal(sealed, { ...keys, integrity: new Uint8Array(32) }))(),
      ).rejects.toThrow()
      const opened = (async () => platform.unseal(sealed, { ...keys, encryption: new Uint8Array(32) }))()
      // The MAC is right, so what comes out, if anything does, is noise.
      expect(await opened.catch(() => 'refused')).not.toBe('{"a":1}')
    }
  })

  it('is refused with any bit flipped, on every platform', async () => {
    const [onNode, onWeb] = [await coreOn('node'), await coreOn('web')]
    for (const [maker, reader] of [
      [onNode, onWeb],
      [onWeb, onNode],
      [onNode, onNode],
      [onWeb, onWeb],
    ] as const) {
      const secret = 'a secret that both platforms hold, 32 bytes'
      const sealed = await maker.ironCodec(new maker.KeyRing(secret)).seal('{"a":1}', 'purpose')
      const codec = reader.ironCodec(new reader.KeyRing(secret))
      expect(await codec.unseal(sealed, 'purpose')).toBe('{"a":1}')
      const opened = [...bitFlips(sealed)].map((flipped) =>
        codec.unseal(flipped, 'purpose').then(
          () => flipped,
          () => undefined,
        ),
      )
      expect((await Promise.all(opened)).filter((flipped) => flipped !== undefined)).toEqual([])
    }
  })
})

describe('SHA-256', () => {
  it('agrees with FIPS 180-4, in base64url, on both platforms', async () => {
    const vectors = [
      ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
      [
        'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
        '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
      ],
    ] as const
    for (const [text, hex] of vectors) {
      for (const platform of [node, web])
        expect(await platform.sha256(text)).toBe(Buffer.from(hex, 'hex').toString('base64url'))
    }
  })

  it('is the same on both platforms for any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
        expect(await web.sha256(text)).toBe(await node.sha256(text))
      }),
      { numRuns: 200, seed: 2 },
    )
  })
})

describe('HKDF', () => {
  it('agrees with RFC 5869 (test case 3: no salt, no info) on both platforms', async () => {
    const expected = '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'
    for (const platform of [node, web]) {
      const derived = await platform.hkdf(new Uint8Array(22).fill(0x0b), '', 42)
      expect(Buffer.from(derived).toString('hex')).toBe(expected)
    }
  })

  it('is the same on both platforms for any secret, info and length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        async (secret, info, length) => {
          expect(await web.hkdf(secret, info, length)).toEqual(await node.hkdf(secret, info, length))
        },
      ),
      { numRuns: 200, seed: 3 },
    )
  })
})
