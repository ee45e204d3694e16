import { createCipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'

/** What a session of lua-resty-session 4 is made of, to be written by other means than those that read it. */
export interface Made {
  secret: string | { ikm: Buffer }
  sid: Buffer
  /** `[data, audience, subject?]` each. */
  slots: unknown[][]
  /** Seconds. */
  created: number
  rolling: number
  idling: number
  name: string
  stored: boolean
  deflate: boolean
  /** What is joined and hashed into the MAC, by the flag that says so. */
  bind: [flag: number, value: string][]
  /** PBKDF2 iterations of a remember cookie; undefined for HKDF. */
  iterations: number | undefined
  /** In place of the JSON of the slots. */
  plaintext: Buffer | undefined
  /** Further flags. */
  flags: number
  type: number
  /** What the header says of the payload's length, in place of the truth. */
  size: number | undefined
}

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest()

const littleEndian = (value: number, size: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes.subarray(0, size)
}

/** The session's cookie value whole, its payload, its storage keys, and the cookies it is cut into. */
export function encode(made: Partial<Made> = {}) {
  const { secret = 'spec-vector-secret', sid = Buffer.from(Array.from({ length: 32 }, (_, i) => i)) } = made
  const { slots = [[{ cart: 3 }, 'shop', 'user-1']], created = 1_700_000_000, rolling = 2701, idling = 120 } = made
  const { name = 'session', stored = false, deflate = false, bind = [], iterations, flags = 0, type = 1 } = made
  const json = made.plaintext ?? Buffer.from(JSON.stringify(slots))
  const plaintext = deflate ? deflateRawSync(json) : json
  const ikm = typeof secret === 'string' ? sha256(secret) : secret.ikm
  const usage = (text: string) => Buffer.concat([Buffer.from(`${text}:`), sid])
  const derive = (text: string, length: number) => Buffer.from(hkdfSync('sha256', ikm, '', usage(text), length))
  const keyAndIv = iterations
    ? pbkdf2Sync(ikm, usage('encryption'), iterations, 44, 'sha256')
    : derive('encryption', 44)

  const allFlags = bind.reduce((sum, [flag]) => sum | flag, flags | (stored ? 1 : 0) | (deflate ? 0x10 : 0))
  const head = Buffer.concat([
    Buffer.of(type),
    littleEndian(allFlags, 2),
    sid,
    littleEndian(created, 5),
    littleEndian(rolling, 4),
    littleEndian(made.size ?? Math.ceil((plaintext.length * 4) / 3), 3),
  ])
  const cipher = createCipheriv('aes-256-gcm', keyAndIv.subarray(0, 32), keyAndIv.subarray(32)).setAAD(head)
  const payload = Buffer.concat([cipher.update(plaintext), cipher.final()]).toString('base64url')
  const covered = Buffer.concat([head, cipher.getAuthTag(), littleEndian(idling, 3)])
  const bound = bind.map(([, value]) => value).filter(Boolean)
  const binding = bound.length > 0 ? Buffer.concat([Buffer.from('#'), sha256(bound.join('|'))]) : Buffer.alloc(0)
  const mac = createHmac('sha256', derive('authentication', 32))
    .update(Buffer.concat([covered, binding]))
    .digest()
  const header = Buffer.concat([covered, mac.subarray(0, 16)]).toString('base64url')
  return {
    value: stored ? header : header + payload,
    payload,
    record: JSON.stringify([payload]),
    key: sid.toString('base64url'),
    keyAndIv: keyAndIv.toString('hex'),
    hashedKey: sha256(sid).toString('base64url'),
    cookie: stored ? `${name}=${header}` : cut(name, header + payload),
  }
}

/** A cookie's value with each bit of its bytes flipped in turn: those of the header, then those of the payload. */
export function* flippedBytes(value: string, from = 0, to = Number.POSITIVE_INFINITY): Generator<string> {
  // Two texts: the header's 82 bytes are no multiple of three.
  const parts = [value.slice(0, 110), value.slice(110)].map((text) => Buffer.from(text, 'base64url'))
  const bits = parts.flatMap((bytes, part) => Array.from({ length: bytes.length * 8 }, (_, bit) => ({ part, bit })))
  for (const { part, bit } of bits.slice(from, to)) {
    const flipped = parts.map((bytes) => Buffer.from(bytes))
    flipped[part]![bit >> 3]! ^= 1 << (bit & 7)
    yield flipped.map((bytes) => bytes.toString('base64url')).join('')
  }
}

/** The Cookie header of a value: each cookie 4096 bytes with its name and `=`, the later ones named `name2`… */
function cut(name: string, value: string): string {
  const cookies: string[] = []
  for (let rest = value, i = 1; rest !== '' || i === 1; i++) {
    const named = `${name}${i === 1 ? '' : i}=`
    cookies.push(named + rest.slice(0, 4096 - named.length))
    rest = rest.slice(4096 - named.length)
  }
  return cookies.join('; ')
}
