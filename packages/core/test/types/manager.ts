// Compiled by types.test.ts, never run: what must compile does, and what must not is marked.
import {
  type CookieModeOptions,
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionManager,
  type SessionManagerOptions,
  type SessionStore,
  type StoreModeOptions,
  type SubjectIndex,
  type SubjectLimit,
} from '@sojourn/session-core'

declare const plain: SessionStore
declare const indexed: SessionStore & SubjectIndex
declare const limited: SessionStore & SubjectLimit
declare const maybe: SessionStore | undefined
declare const max: number | undefined
const secret = 'at least thirty-two bytes of a secret'
const store = memoryStore()
const revocations = memoryRevocations()

// Options that go together.
createSessionManager({ secret })
createSessionManager({ secret: [secret, new Uint8Array(32)], revocations, compress: true, cookie: { chunks: 2 } })
createSessionManager({ secret, store, maxPerSubject: 3, onLimit: 'refuse', onReuse: 'destroy', compress: false })
createSessionManager({ secret, store: limited, maxPerSubject: max, remember: { everyLogin: true }, bind: ['ip'] })
createSessionManager({ secret, store, ...(max === undefined ? {} : { maxPerSubject: max }) })
createSessionManager({ secret, store: maybe, revocations: undefined, cookie: { sameSite: 'lax' } })

// Options that do not.
// @ts-expect-error a store forgets ended sessions by itself
createSessionManager({ secret, store, revocations })
// @ts-expect-error with a store the cookie is short
createSessionManager({ secret, store, compress: true })
// @ts-expect-error with a store the cookie is short
createSessionManager({ secret, store, cookie: { chunks: 2 } })
// @ts-expect-error onLimit needs maxPerSubject
createSessionManager({ secret, store, onLimit: 'refuse' })
// @ts-expect-error maxPerSubject needs a store
createSessionManager({ secret, maxPerSubject: 3 })
// @ts-expect-error this store keeps no order of logins
createSessionManager({ secret, store: plain, maxPerSubject: 3 })
// @ts-expect-error onReuse needs a store
createSessionManager({ secret, onReuse: 'destroy' })
// @ts-expect-error onLimit needs a store
createSessionManager({ secret, onLimit: 'refuse' })
// @ts-expect-error the secret is missing
createSessionManager({ store })
// @ts-expect-error an option of an earlier version
createSessionManager({ secret, storage: store })
// @ts-expect-error idel is not an option
createSessionManager({ secret, timeouts: { idel: 900 } })
// @ts-expect-error 'Strict' is not a value of sameSite
createSessionManager({ secret, cookie: { sameSite: 'Strict' } })

// Options that were made before they are passed.
declare const options: SessionManagerOptions
declare const cookieMode: CookieModeOptions
declare const storeMode: StoreModeOptions
const managers: SessionManager[] = [options, cookieMode, storeMode].map((each) => createSessionManager(each))
const wrong = { secret, store, onReuse: 'destroy' as const, compress: true }
// @ts-expect-error compress is for cookie mode
createSessionManager(wrong)

// What the store cannot do is missing from the manager.
const inCookie = createSessionManager({ secret })
const revocable = createSessionManager({ secret, revocations })
const inPlain = createSessionManager({ secret, store: plain })
const inIndexed = createSessionManager<{ cart: string[] }>({ secret, store: indexed })
const results: [Promise<void>, Promise<void>, Promise<boolean>, Promise<number>] = [
  revocable.revoke('id'),
  revocable.revokeAll('ada', { except: 'id' }),
  inPlain.revoke('id'),
  inIndexed.revokeAll('ada'),
]
// @ts-expect-error without revocations a sealed cookie cannot be ended
inCookie.revoke('id')
inPlain.revoke('id', { subject: 'ada' })
// @ts-expect-error a mark does not know whose session it ends
revocable.revoke('id', { subject: 'ada' })
// @ts-expect-error marks cannot be listed
revocable.list('ada')
// @ts-expect-error this store has no index of subjects
inPlain.list('ada')
// @ts-expect-error this store has no index of subjects
inPlain.revokeAll('ada')

// Data has the type that the manager was given; without one, any value may be put in.
const { data } = inIndexed.of({})
data.cart = ['tea']
// @ts-expect-error a cart holds strings
data.cart = [1]
// @ts-expect-error there is no such key
data.card = []
const free = inCookie.of({}).data
free.cart = ['tea']
const item: unknown = free.cart
// @ts-expect-error what is in free data has no known type
const text: string = free.cart

// A preset is one of ours.
inCookie.describe('nistAal2').warnings.join()
// @ts-expect-error there is no such preset
inCookie.describe('nist')

export { item, managers, results, text }
