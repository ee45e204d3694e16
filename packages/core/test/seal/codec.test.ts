import { createHmac } from 'node:crypto'
import Iron from '@hapi/iron'
import { createSessionManager, memoryStore, type SessionStore } from '@sojourn/session-core'
import { fakeClock, seededRandom } from '@sojourn/session-testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ironCodec } from '../../src/seal/codec'
import { KeyRing } from '../../src/seal/keys'
import { SECRET } from '../helpers/browser'
import { coreOn, SIDES } from '../helpers/on-platform'
import { outcomeOf, visit, withDefaults } from '../helpers/raw-request'
import golden from './vectors/iron.json'

const COOKIE = '__Host-session'
const PURPOSE = `${COOKIE} session`

describe.each(SIDES)('key derivation (%s)', (side) => {
  it('is repeated by the next request after a failure', async () => {
    const { createSessionManager: create, platform } = await coreOn(side)
    const sessions = create({ secret: SECRET, clock: fakeClock() })
    const login = () => visit(sessions, undefined, (session) => session.login('ada'))
    const hkdf = vi.spyOn(platform, 'hkdf').mockImplementationOnce(async () => {
      throw new Error('no entropy yet')
    })
    await expect(login()).rejects.toThrow('no entropy yet')
    expect(await outcomeOf(sessions, (await login()).cookie)).toBe('resumed')
    hkdf.mockRestore()
  })
})

describe('golden tokens', () => {
  it.each(golden.sealed)('from @hapi/iron open to their text: $value', async ({ value, sealed }) => {
    const codec = ironCodec(new KeyRing(golden.secret))
    expect(JSON.parse(await codec.unseal(sealed, golden.purpose))).toEqual(value)
  })

  it('of a whole session open as that session', async () => {
    const sessions = createSessionManager({ secret: golden.secret, clock: fakeClock(golden.cookie.at) })
    const { session } = await visit(sessions, `${COOKIE}=${golden.cookie.sealed}`)
    const { outcome, id, subject, data } = session
    expect({ outcome, id, subject, data }).toEqual({
      outcome: 'resumed',
      id: golden.cookie.id,
      subject: golden.cookie.subject,
      data: golden.cookie.data,
    })
  })
})

describe('a seal with one changed part', () => {
  const ring = new KeyRing(SECRET)
  const codec = ironCodec(ring)
  const fresh = async (text = '"text"') => (await codec.seal(text, PURPOSE)).split('*')

  /** The parts of a seal with a correct MAC, as a holder of the key could make it. */
  async function macked(parts: string[]): Promise<string> {
    const { current } = await ring.keysFor(PURPOSE)
    const base = parts.slice(0, 6).join('*')
    const mac = createHmac('sha256', current.integrity).update(base).digest('base64url')
    return [base, parts[6], mac].join('*')
  }

  it('opens if no part is changed', async () => {
    expect(await codec.unseal(await macked(await fresh()), PURPOSE)).toBe('"text"')
  })

  it.each<[string, number, string]>([
    ['another version', 0, 'Fe26.1'],
    ['a version with a suffix', 0, 'Fe26.2~2'],
    ['no version', 0, ''],
    ['no key id', 1, ''],
    ['the key id __proto__', 1, '__proto__'],
    ['the key id constructor', 1, 'constructor'],
    ['the key id toString', 1, 'toString'],
    ['the key id default', 1, 'default'],
    ['an unknown key id', 1, '00000000'],
    ['an encryption salt', 2, 'a'.repeat(64)],
    ['a short IV', 3, 'AAAA'],
    ['no IV', 3, ''],
    ['no ciphertext', 4, ''],
    ['an expiry that is over', 5, '1'],
    ['an expiry to come', 5, '9999999999999'],
    ['an expiry that is no number', 5, 'never'],
    ['an integrity salt', 6, 'a'.repeat(64)],
    ['two kilobytes of integrity salt', 6, 'a'.repeat(2000)],
  ])('is refused with %s', async (_, part, value) => {
    await expect(codec.unseal(await macked((await fresh()).with(part, value)), PURPOSE)).rejects.toThrow()
  })

  it('is refused with an expiry, also if iron itself sealed it', async () => {
    const { current } = await ring.keysFor(PURPOSE)
    const keys = {
      id: current.id,
      encryption: Buffer.from(current.encryption),
      integrity: Buffer.from(current.integrity),
    }
    const lasting = await Iron.seal('text', keys, Iron.defaults)
    const expiring = await Iron.seal('text', keys, { ...Iron.defaults, ttl: 3_600_000 })
    expect(await codec.unseal(lasting, PURPOSE)).toBe('"text"')
    await expect(codec.unseal(expiring, PURPOSE)).rejects.toThrow()
  })

  it('is refused if the unused bits of its MAC are set, although it decodes to the same bytes', async () => {
    for (const side of SIDES) {
      const core = await coreOn(side)
      const web = core.ironCodec(new core.KeyRing(SECRET))
      const sealed = await web.seal('text', PURPOSE)
      const bytes = Buffer.from(sealed.slice(-43), 'base64url')
      const twins = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
        .map((last) => sealed.slice(0, -1) + last)
        .filter((twin) => twin !== sealed && Buffer.from(twin.slice(-43), 'base64url').equals(bytes))
      expect(twins).toHaveLength(3)
      for (const twin of [...twins, `${sealed}=`, `${sealed} `])
        await expect(web.unseal(twin, PURPOSE)).rejects.toThrow()
    }
  })
})

describe('the key ring', () => {
  afterEach(() => {
    Reflect.deleteProperty(Object.prototype, 'deadbeef')
  })

  it('does not find a key in Object.prototype', async () => {
    const key = { id: 'deadbeef', encryption: Buffer.alloc(32, 1), integrity: Buffer.alloc(32, 2) }
    Object.defineProperty(Object.prototype, 'deadbeef', { value: key, configurable: true })
    const sealed = await Iron.seal({ admin: true }, key, Iron.defaults)
    for (const side of SIDES) {
      const core = await coreOn(side)
      await expect(core.ironCodec(new core.KeyRing(SECRET)).unseal(sealed, PURPOSE)).rejects.toThrow()
    }
  })

  it('does not change if the caller wipes the bytes of the secret', async () => {
    const bytes = seededRandom(7)(32)
    for (const secret of [Buffer.from(bytes), bytes.slice()]) {
      const untouched = await ironCodec(new KeyRing(bytes)).seal('text', PURPOSE)
      const codec = ironCodec(new KeyRing(secret))
      secret.fill(0)
      expect(await codec.unseal(untouched, PURPOSE)).toBe('text')
    }
  })

  it('takes a secret as text or as the same bytes', async () => {
    const sealed = await ironCodec(new KeyRing('ключ от старого замка')).seal('text', PURPOSE)
    expect(await ironCodec(new KeyRing(Buffer.from('ключ от старого замка'))).unseal(sealed, PURPOSE)).toBe('text')
  })
})

describe('a seal for one purpose', () => {
  const clock = fakeClock()
  const named = (name: string) => createSessionManager(withDefaults(clock, { cookie: { name } }))

  it('does not open as a cookie of another name', async () => {
    const { cookie } = await visit(named('__Host-a'), undefined, (session) => session.login('alice'))
    const value = cookie.slice('__Host-a='.length)
    expect(await outcomeOf(named('__Host-a'), `__Host-a=${value}`)).toBe('resumed')
    expect(await outcomeOf(named('__Host-b'), `__Host-b=${value}`)).toBe('rejected')
  })

  it('does not open as a row if it was a cookie, or as a cookie if it was a row', async () => {
    const rows = memoryStore()
    const store: SessionStore = { ...bound(rows), inMemory: false }
    const stored = createSessionManager(withDefaults(clock, { store: store }))
    const sealed = createSessionManager(withDefaults(clock))
    const first = await visit(stored, undefined, (session) => session.login('alice'))
    const row = (await rows.read(first.session.id))!
    expect(row.payload).toMatch(/^Fe26\.2\*/)
    expect(await outcomeOf(sealed, `${COOKIE}=${row.payload}`)).toBe('rejected')

    const { cookie } = await visit(sealed, undefined, (session) => session.login('mallory'))
    const planted = { ...row, payload: cookie.slice(COOKIE.length + 1), version: 'planted' }
    expect(await rows.update(planted, row)).toBe(true)
    expect(await outcomeOf(stored, first.cookie)).toBe('rejected')
  })

  it('does not open in the row of another session', async () => {
    const rows = memoryStore()
    const stored = createSessionManager(withDefaults(clock, { store: { ...bound(rows), inMemory: false } }))
    const alice = await visit(stored, undefined, (session) => session.login('alice'))
    const mallory = await visit(stored, undefined, (session) => session.login('mallory'))
    const [hers, his] = [(await rows.read(alice.session.id))!, (await rows.read(mallory.session.id))!]
    await rows.update({ ...his, payload: hers.payload, version: 'swapped' }, his)
    expect(await outcomeOf(stored, mallory.cookie)).toBe('rejected')
    // Who holds her cookie cannot use it under his id either.
    const herSecret = alice.cookie.split('.')[1]!
    expect(await outcomeOf(stored, `${COOKIE}=${mallory.session.id}.${herSecret}`)).toBe('rejected')
  })
})

/** A store's own methods, free to be spread. */
const bound = (store: SessionStore): SessionStore => ({
  create: (row) => store.create(row),
  read: (id) => store.read(id),
  update: (row, seen) => store.update(row, seen),
  touch: (id, touchedAt, expiresAt) => store.touch(id, touchedAt, expiresAt),
  delete: (id) => store.delete(id),
})

describe('secret rotation', () => {
  const [oldest, old, current] = ['oldest', 'old', 'current'].map((name) => `${name} secret of more than 32 bytes`)
  const clock = fakeClock()
  const holding = (secret: string | string[]) => createSessionManager(withDefaults(clock, { secret }))
  const sealedWith = async (secret: string | string[]) =>
    (await visit(holding(secret), undefined, (session) => session.login('alice'))).cookie

  it('seals with the first secret of the list, and opens with all of them', async () => {
    for (const secret of [oldest!, old!, current!]) {
      expect(await outcomeOf(holding([current!, old!, oldest!]), await sealedWith(secret))).toBe('resumed')
    }
    const made = await sealedWith([current!, old!])
    expect(await outcomeOf(holding(current!), made)).toBe('resumed')
    expect(await outcomeOf(holding(old!), made)).toBe('rejected')
  })

  it('rejects a seal whose secret was removed from the list', async () => {
    expect(await outcomeOf(holding([current!, old!]), await sealedWith(oldest!))).toBe('rejected')
  })

  it('works between servers that list the same secrets in another order', async () => {
    const made = await sealedWith([old!, current!])
    expect(await outcomeOf(holding(current!), made)).toBe('rejected')
    expect(await outcomeOf(holding([current!, old!]), made)).toBe('resumed')
  })

  it('moves a session to the new secret with its next cookie', async () => {
    const before = await sealedWith(old!)
    const { cookie } = await visit(holding([current!, old!]), before, (session) => {
      session.data.seen = true
    })
    expect(await outcomeOf(holding(current!), cookie)).toBe('resumed')
  })
})
