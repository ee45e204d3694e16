import { readFile } from 'node:fs/promises'
import {
  memoryRevocations,
  memoryStore,
  type SessionCodec,
  type SessionManagerOptions,
  type SessionStore,
  type TimeoutOptions,
} from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { expressDemo } from '../src/express'
import { fastifyDemo } from '../src/fastify'
import { koaDemo } from '../src/koa'
import { memoryPeer } from '../src/peer'
import type { Place } from '../src/storages'
import type { Attempt } from '../src/try/attempt'
import { attempts } from '../src/try/attempts'
import { copied } from '../src/try/attempts/copied'
import { remember } from '../src/try/attempts/remember'
import { renewal } from '../src/try/attempts/renewal'
import { replay } from '../src/try/attempts/replay'
import { slowWrite } from '../src/try/attempts/slow-write'
import { storeDown } from '../src/try/attempts/store-down'
import { tamper } from '../src/try/attempts/tamper'
import { writes } from '../src/try/attempts/writes'
import { openExpressSessionSite } from '../src/try/express-session-site'
import { openOurSite } from '../src/try/our-site'
import { attemptAt, tryBoth } from '../src/try/try'

const frameworks = { Express: expressDemo, Koa: koaDemo, Fastify: fastifyDemo }

type Change = (options: SessionManagerOptions) => SessionManagerOptions

const inMemory = (place: Place) => ({ name: 'memory', place, peer: memoryPeer })

async function tryOurs(attempt: Attempt, place: Place = { store: memoryStore() }, change?: Change) {
  const site = await openOurSite({ framework: expressDemo, storage: inMemory(place), clock: Date.now, change })
  return attemptAt(site, attempt)
}

describe('attempts', () => {
  it.each(Object.entries(frameworks))('all hold in %s with a store', async (_name, framework) => {
    for (const attempt of attempts) {
      const place = { store: memoryStore() }
      const site = await openOurSite({ framework, storage: inMemory(place), clock: Date.now })
      expect({ [attempt.name]: await attemptAt(site, attempt) }).toMatchObject({ [attempt.name]: { held: true } })
    }
  })

  it('come to what the table of the README says', async () => {
    const rows: string[] = []
    for (const attempt of [writes, renewal, slowWrite, copied]) {
      const options = { framework: expressDemo, storage: inMemory({ store: memoryStore() }), clock: Date.now }
      const { ours, theirs } = await tryBoth(attempt, options)
      rows.push(`| ${[attempt.tries, ours.sentence, theirs.sentence].join(' | ')} |`)
    }
    const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
    expect(readme.match(/^\| .*\. \| .*\. \| .*\. \|$/gm)).toEqual(rows)
  })

  it('say in cookie mode what a sealed cookie cannot do', async () => {
    const held: Record<string, boolean> = {}
    for (const attempt of attempts) {
      held[attempt.name] = (await tryOurs(attempt, { revocations: memoryRevocations() })).held
    }
    expect(held).toEqual({
      tamper: true,
      replay: true,
      copied: false,
      remember: false,
      writes: false,
      renewal: false,
      'slow-write': true,
      'store-down': true,
    })
  })

  it('tell what a real express-session server does', async () => {
    const held: Record<string, boolean> = {}
    for (const attempt of attempts) {
      held[attempt.name] = (await attemptAt(await openExpressSessionSite({ renews: attempt.renews }), attempt)).held
    }
    expect(held).toEqual({
      tamper: true,
      replay: true,
      copied: false,
      remember: false,
      writes: false,
      renewal: false,
      'slow-write': false,
      'store-down': true,
    })
  })

  it('leave no row behind', async () => {
    const store = memoryStore()
    const created: string[] = []
    const counting = changed(store, {
      create: (row) => {
        created.push(row.id)
        return store.create(row)
      },
    })
    for (const attempt of attempts) await tryOurs(attempt, { store: counting })
    expect(created.length).toBeGreaterThanOrEqual(attempts.length)
    for (const id of created) expect(await store.read(id)).toBeNull()
  })
})

/** A store with some methods replaced. */
const changed = (store: SessionStore, methods: Partial<SessionStore>): SessionStore =>
  new Proxy(store, {
    get(inner, name) {
      const value = Reflect.get(methods, name) ?? Reflect.get(inner, name)
      return typeof value === 'function' ? value.bind(inner) : value
    },
  })

/** A store that deletes nothing. */
function forgetless(): SessionStore {
  return changed(memoryStore(), { delete: async () => true })
}

/** A store that writes without comparing versions, as most session stores do. */
function blind(): SessionStore {
  const store = memoryStore()
  return changed(store, {
    update: async (row) => {
      const stored = await store.read(row.id)
      return stored ? store.update(row, stored) : store.create(row)
    },
    delete: (id) => store.delete(id),
  })
}

/** A seal that anyone can change. */
const unsealed: SessionCodec = {
  seal: async (payload) => Buffer.from(JSON.stringify(payload)).toString('base64url'),
  unseal: async (sealed) => JSON.parse(Buffer.from(sealed, 'base64url').toString()),
}

const options =
  (more: object): Change =>
  (usual) =>
    ({ ...usual, ...more }) as SessionManagerOptions
const timeouts =
  (more: TimeoutOptions): Change =>
  (usual) =>
    ({ ...usual, timeouts: { ...usual.timeouts, ...more } }) as SessionManagerOptions
const longGrace = timeouts({ staleTtl: 3000 })
const noGrace = timeouts({ staleTtl: 0, graceFrom: 'renewal' })

/** What protects against each attempt, how it is switched off, and what the sentence says then. */
const protections: [string, Attempt, Place | undefined, Change | undefined, RegExp][] = [
  [
    'the seal',
    tamper,
    { revocations: memoryRevocations() },
    options({ codec: unsealed }),
    /changed cookies were let in/,
  ],
  ['the deletion at logout', replay, { store: forgetless() }, undefined, /the copied cookie was let in as admin/],
  ['the end of the grace period', copied, undefined, longGrace, /the copy was let in as admin/],
  ['the theft alarm', remember, undefined, longGrace, /From then on the thief was let in as admin/],
  ['the compared versions', writes, { store: blind() }, undefined, /the session has (\d|[1-4]\d) of them/],
  ['the grace of a renewed cookie', renewal, undefined, noGrace, /[1-9]\d* of them said “not logged in”/],
  ['the end of a session', slowWrite, { store: blind() }, undefined, /the session you had ended was back/],
  ['the error of a stopped store', storeDown, undefined, options({ onUnavailable: 'empty' }), /says “not logged in”/],
]

describe('an attempt says so if its protection is switched off', () => {
  it('every attempt of the page is among them', () => {
    expect(new Set(protections.map(([, attempt]) => attempt))).toEqual(new Set(attempts))
  })

  it.each(protections)('%s', async (_name, attempt, place, change, sentence) => {
    const on = await tryOurs(attempt)
    expect(on.held).toBe(true)
    expect(on.sentence).not.toMatch(sentence)
    const off = await tryOurs(attempt, place, change)
    expect(off.sentence).toMatch(sentence)
    expect(off.held).toBe(false)
  })
})
