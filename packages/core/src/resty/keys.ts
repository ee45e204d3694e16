import type { RestyHeader } from './header'

/** The PBKDF2 iterations for the payload key of a remember cookie (`remember_safety`). `None` uses HKDF instead. */
export const ITERATIONS = { None: 0, Low: 1000, Medium: 10_000, High: 100_000, 'Very High': 1_000_000 } as const

/** A value of `remember_safety`. */
export type RememberSafety = keyof typeof ITERATIONS

type Bytes = Uint8Array<ArrayBuffer>

const ascii = new TextEncoder()

/** The keys derived from one secret. It uses WebCrypto only, so it runs in every runtime. */
export class RestyKey {
  private material: Promise<{ hkdf: CryptoKey; pbkdf2: CryptoKey }> | undefined

  /** A `secret`, of any length, is hashed first. `ikm` is used as it is. */
  constructor(private readonly source: { secret: Bytes } | { ikm: Bytes }) {}

  /** Whether the header's MAC was made with this key, for a client with that `binding`. */
  async authenticates(header: RestyHeader, binding: Bytes): Promise<boolean> {
    const { hkdf } = await this.import()
    const bits = await crypto.subtle.deriveBits(expand('authentication', header.sid), hkdf, 256)
    const key = await crypto.subtle.importKey('raw', bits, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const whole = await crypto.subtle.sign('HMAC', key, concat(header.covered, binding))
    return equal(new Uint8Array(whole, 0, header.mac.length), header.mac)
  }

  /** The decrypted payload; undefined if the payload or its associated data was changed. */
  async decrypt(payload: Bytes, header: RestyHeader, safety: RememberSafety = 'None'): Promise<Bytes | undefined> {
    const { hkdf, pbkdf2 } = await this.import()
    const iterations = ITERATIONS[safety]
    const bits = iterations
      ? await crypto.subtle.deriveBits(stretch(header.sid, iterations), pbkdf2, 352)
      : await crypto.subtle.deriveBits(expand('encryption', header.sid), hkdf, 352)
    const key = await crypto.subtle.importKey('raw', bits.slice(0, 32), 'AES-GCM', false, ['decrypt'])
    const how = { name: 'AES-GCM', iv: bits.slice(32), additionalData: header.associated, tagLength: 128 }
    try {
      return new Uint8Array(await crypto.subtle.decrypt(how, key, concat(payload, header.tag)))
    } catch {
      return undefined
    }
  }

  private import() {
    if (!this.material) {
      this.material = this.importOnce()
      // After a failure, the next request tries again.
      this.material.catch(() => {
        this.material = undefined
      })
    }
    return this.material
  }

  private async importOnce() {
    const { source } = this
    const ikm = 'ikm' in source ? source.ikm : await crypto.subtle.digest('SHA-256', source.secret)
    const [hkdf, pbkdf2] = await Promise.all(
      ['HKDF', 'PBKDF2'].map((name) => crypto.subtle.importKey('raw', ikm, name, false, ['deriveBits'])),
    )
    return { hkdf: hkdf!, pbkdf2: pbkdf2! }
  }
}

const expand = (usage: string, sid: Bytes) => ({
  name: 'HKDF',
  hash: 'SHA-256',
  salt: new Uint8Array(),
  info: concat(ascii.encode(`${usage}:`), sid),
})

const stretch = (sid: Bytes, iterations: number) => ({
  name: 'PBKDF2',
  hash: 'SHA-256',
  salt: concat(ascii.encode('encryption:'), sid),
  iterations,
})

function concat(one: Bytes, two: Bytes): Bytes {
  const both = new Uint8Array(one.length + two.length)
  both.set(one)
  both.set(two, one.length)
  return both
}

/** Compares in constant time. */
function equal(one: Bytes, two: Bytes): boolean {
  let difference = one.length ^ two.length
  for (let i = 0; i < two.length; i++) difference |= one[i]! ^ two[i]!
  return difference === 0
}
