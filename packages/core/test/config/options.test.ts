import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionManager,
  type SessionManagerOptions,
} from '@sojourn/session-core'
import { logoutTriggers } from '@sojourn/session-core/gateway'
import { restySession } from '@sojourn/session-core/resty'
import { seededRandom } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { SECRET } from '../helpers/browser'
import { refusal } from '../helpers/refusal'

/** Options that do not compile, and that JavaScript can pass. */
type Wrong = Record<string, unknown>

const create = (options: unknown) => createSessionManager(options as SessionManagerOptions) as SessionManager

function expectRefused(options: unknown, option: string, message: RegExp): void {
  const error = refusal(options)
  expect(error.option).toBe(option)
  expect(error.message).toMatch(message)
  expect(error.message.startsWith(`${option}: `)).toBe(true)
  expect(error.name).toBe('SessionConfigError')
}

const withSecret = (options: Wrong): Wrong => ({ secret: SECRET, ...options })
const withoutMethod = (method: string): Wrong => {
  const store: Wrong = { create() {}, read() {}, update() {}, touch() {}, delete() {} }
  return { ...store, [method]: undefined }
}

describe('unknown options', () => {
  it.each<[Wrong, string, RegExp]>([
    [{ secrets: 1 }, 'secrets', /did you mean secret\?$/],
    [{ storage: memoryStore() }, 'storage', /did you mean store\?$/],
    [{ Storage: memoryStore() }, 'Storage', /did you mean store\?$/],
    [{ timeout: {} }, 'timeout', /did you mean timeouts\?$/],
    [{ cookies: {} }, 'cookies', /did you mean cookie\?$/],
    [{ onevent: () => {} }, 'onevent', /did you mean onEvent\?$/],
    [{ maxPerSubjects: 1 }, 'maxPerSubjects', /did you mean maxPerSubject\?$/],
    [{ rememberMe: true }, 'rememberMe', /did you mean remember\?$/],
    [{ revocation: {} }, 'revocation', /did you mean revocations\?$/],
    [{ idle: 900 }, 'idle', /did you mean timeouts\.idle\?$/],
    [{ secure: false }, 'secure', /did you mean cookie\.secure\?$/],
    [{ name: 'sid' }, 'name', /did you mean cookie\.name\?$/],
    [{ password: 'x' }, 'password', /did you mean secret\?$/],
    [{ ttl: 900 }, 'ttl', /did you mean timeouts\?$/],
    [{ cookie: { expires: 900 } }, 'cookie.expires', /did you mean timeouts\?$/],
    [{ zzzzzzzz: 1 }, 'zzzzzzzz', /is not an option; known are secret, store/],
    [{ timeouts: { idel: 900 } }, 'timeouts.idel', /did you mean timeouts\.idle\?$/],
    [{ timeouts: { Idle: 900 } }, 'timeouts.Idle', /did you mean timeouts\.idle\?$/],
    [{ timeouts: { idling: 900 } }, 'timeouts.idling', /timeouts\.idle\?$|known are idle/],
    [{ timeouts: { staleTTL: 9 } }, 'timeouts.staleTTL', /did you mean timeouts\.staleTtl\?$/],
    [{ timeouts: { maxAge: 900 } }, 'timeouts.maxAge', /known are idle, rolling, absolute/],
    [{ cookie: { samesite: 'lax' } }, 'cookie.samesite', /did you mean cookie\.sameSite\?$/],
    [{ cookie: { httponly: true } }, 'cookie.httponly', /did you mean cookie\.httpOnly\?$/],
    [{ cookie: { http_only: true } }, 'cookie.http_only', /did you mean cookie\.httpOnly\?$/],
    [{ cookie: { maxAge: 900 } }, 'cookie.maxAge', /is not an option; did you mean timeouts\?$/],
    [{ cookie: { expires: new Date() } }, 'cookie.expires', /is not an option; /],
    [{ remember: { ttl: 1 } }, 'remember.ttl', /known are name, rolling, absolute/],
    [{ remember: { Name: 'x' } }, 'remember.Name', /did you mean remember\.name\?$/],
    [JSON.parse('{"__proto__": 1}'), '__proto__', /is not an option; /],
    [{ constructor: 1 }, 'constructor', /is not an option; /],
  ])('are refused, with a hint at the option that was probably meant: %o', (options, option, message) => {
    const all = Object.assign(options, { secret: SECRET })
    expectRefused(all, option, message)
  })

  it.each<[Wrong, string, RegExp]>([
    [{ resave: false }, 'resave', /of express-session; leave it out: an unchanged session is not written$/],
    [
      { saveUninitialized: false },
      'saveUninitialized',
      /of express-session; leave it out: an empty session .* no cookie/,
    ],
    [{ unset: 'destroy' }, 'unset', /of express-session; .* await session\.destroy\(\)$/],
    [{ genid: () => 'x' }, 'genid', /of express-session; leave it out: .* random bits$/],
    [{ proxy: true }, 'proxy', /of express-session; .* trust proxy/],
    [{ rolling: true }, 'rolling', /of express-session; .* timeouts\.idle/],
    [{ rolling: 3600 }, 'rolling', /is not an option; did you mean timeouts\.rolling\?$/],
    [{ renew: true }, 'renew', /of koa-session; leave it out/],
    [{ autoCommit: false }, 'autoCommit', /of koa-session; leave it out/],
    [{ key: 'sid' }, 'key', /did you mean cookie\.name\?$/],
    [{ keys: ['a'] }, 'keys', /did you mean secret\?$/],
    [{ signed: true }, 'signed', /of cookie-session; leave it out: .* sealed/],
    [{ cookie: { signed: true } }, 'cookie.signed', /of cookie-session; leave it out: .* sealed/],
    [{ idGenerator: () => 'x' }, 'idGenerator', /of @fastify\/session; leave it out/],
  ])('of other libraries are refused, and the message says what takes their place: %o', (options, option, message) => {
    expectRefused(withSecret(options), option, message)
  })

  it('are refused by memoryStore and memoryRevocations', () => {
    const catching = (run: () => unknown) => {
      try {
        run()
      } catch (error) {
        return error
      }
    }
    expect(catching(() => memoryStore({ maxSession: 1 } as object))).toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      option: 'memoryStore.maxSession',
      message: expect.stringMatching(/did you mean memoryStore\.maxSessions\?$/),
    })
    expect(catching(() => memoryRevocations({ maxEntrys: 1 } as object))).toMatchObject({
      option: 'memoryRevocations.maxEntrys',
    })
  })
})

describe('secret', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['that is missing', undefined, 'secret', /is missing.*openssl rand/],
    ['that is null', null, 'secret', /is missing.*openssl rand/],
    ['of an empty list', [], 'secret', /is missing.*openssl rand/],
    ['that is empty', '', 'secret', /has 0 bytes; at least 32/],
    ['of 31 bytes', 'x'.repeat(31), 'secret', /has 31 bytes; at least 32/],
    ['of 31 bytes, as bytes', new Uint8Array(31), 'secret', /has 31 bytes; at least 32/],
    ['of no bytes', new Uint8Array(0), 'secret', /has 0 bytes/],
    ['that is a number', Number.MAX_VALUE, 'secret', /must be a string or bytes/],
    ['that is an object', { current: SECRET }, 'secret', /must be a string or bytes/],
    ['that is a function', () => SECRET, 'secret', /must be a string or bytes/],
    ['that is a boolean', true, 'secret', /must be a string or bytes/],
    ['of a list with a short one', [SECRET, 'short'], 'secret[1]', /has 5 bytes/],
    ['of a list of one short one', ['short'], 'secret', /has 5 bytes/],
    ['of a list with undefined', [undefined, SECRET], 'secret[0]', /must be a string or bytes/],
    ['of a list with a hole', Object.assign(new Array(2), { 0: SECRET }), 'secret[1]', /must be a string or bytes/],
    ['of a list in a list', [[SECRET]], 'secret', /must be a string or bytes/],
  ])('%s is refused, and the message does not repeat it', (_, secret, option, message) => {
    expectRefused({ secret }, option, message)
    expect(refusal({ secret }).message).not.toContain('short')
  })

  it('is measured in bytes, not in characters', () => {
    expectRefused({ secret: 'x'.repeat(31) }, 'secret', /31 bytes/)
    expectRefused({ secret: `${'é'.repeat(15)}x` }, 'secret', /31 bytes/)
    const text = 'ключ-и-не-слово' // 15 characters, 27 bytes
    expectRefused({ secret: `${text}1234` }, 'secret', /31 bytes/)
    for (const secret of [`${text}12345`, Buffer.from(`${text}12345`)]) expect(() => create({ secret })).not.toThrow()
  })

  it.each<[string, unknown]>([
    ['one character', 'x'.repeat(32)],
    ['one character of two bytes', 'é'.repeat(16)],
    ['one character of four bytes', '🫖'.repeat(8)],
    ['zero bytes', new Uint8Array(40)],
    ['zero bytes in a Buffer', Buffer.alloc(32)],
    ['five different characters', 'aaaaaaaabbbbbbbbccccccccddddddddeeeeeeee'],
    ['a word again and again', 'change-me-'.repeat(4)],
    ['a line of digits twice', '0123456789abcdef0123456789abcdef'],
  ])('of %s is refused', (_, secret) => {
    expectRefused({ secret }, 'secret', /can be guessed; generate one: openssl rand/)
    expectRefused({ secret: [SECRET, secret] }, 'secret[1]', /can be guessed/)
  })

  it.each([
    'complex_password_at_least_32_characters_long',
    'complex_password_at_least_32_characters_long_for_security',
    'a secret with minimum length of 32 characters',
    'password-should-be-32-characters',
    'some_not_random_password_that_is_at_least_32_characters',
    'averylogphrasebiggerthanthirtytwochars',
  ])('from the documentation of a session library is refused: %s', (secret) => {
    expectRefused({ secret }, 'secret', /is an example.*openssl rand/)
    expectRefused({ secret: Buffer.from(secret) }, 'secret', /is an example/)
    expect(refusal({ secret }).message).not.toContain(secret)
  })

  it('from a random generator is accepted, as text of any alphabet and as bytes', () => {
    const random = seededRandom(5)
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(random(32))
      const digits = Array.from(bytes, (byte) => byte % 10).join('')
      for (const secret of [
        bytes,
        bytes.toString('hex'),
        bytes.toString('hex').slice(0, 32),
        bytes.toString('base64'),
      ]) {
        expect(() => create({ secret })).not.toThrow()
      }
      expect(() => create({ secret: digits })).not.toThrow()
    }
  })

  it('is not in what describe() returns', () => {
    const sessions = create({ secret: [SECRET, 'another secret that is quite long enough'] })
    expect(JSON.stringify(sessions.describe())).not.toMatch(/secret that is|a secret for tests/)
  })
})

describe('refused options', () => {
  it.each([undefined, null, 'secret', 42, true, () => {}, Symbol('options')])(
    'are any value but an object: %s',
    (options) => {
      expectRefused(options, 'options', /createSessionManager\(\{ secret \}\)/)
    },
  )

  const notObjects = [null, 'x', 1, true, () => {}, []]
  const notFunctions = [null, 'x', 1, true, {}, []]
  const notStrings = [null, 1, true, {}, () => {}, []]
  const notBooleans = [null, 'yes', 0, {}, []]
  const typed: [string, unknown[]][] = [
    ['store', notObjects],
    ['revocations', notObjects],
    ['cookie', notObjects],
    ['timeouts', notObjects],
    ['codec', notObjects],
    ['onEvent', notFunctions],
    ['clock', notFunctions],
    ['random', notFunctions],
    ['audience', notStrings],
    ['enforceSameSubject', notBooleans],
    ['compress', notBooleans],
    ['remember', [null, 'yes', 1, () => {}, []]],
    ['bind', [null, 'ip', 1, {}, true, ['IP'], [null], ['ip', 'cookie']]],
    ['onLimit', [null, 'evict', true, '']],
    ['onReuse', [null, 'revoke', true]],
    ['onUnavailable', [null, 'open', 1]],
    ['circuitBreaker', [null, 'on', 5]],
    ['circuitBreaker.failures', [null, '5', 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]],
    ['circuitBreaker.openFor', [null, '1', 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31 / 1000]],
    ['storeTimeout', [null, '2', 0, -1, Number.NaN, Number.POSITIVE_INFINITY, true, 2 ** 31 / 1000, 1e300]],
    ['maxPerSubject', [null, 0, -1, 1.5, '3', Number.NaN, Number.POSITIVE_INFINITY, true, 1e300]],
    ['cookie.name', notStrings],
    ['cookie.path', notStrings],
    ['cookie.domain', notStrings],
    ['cookie.secure', notBooleans],
    ['cookie.httpOnly', notBooleans],
    ['cookie.partitioned', notBooleans],
    ['cookie.persistent', notBooleans],
    ['cookie.sameSite', [null, 'Strict', true, false, 'no']],
    ['cookie.priority', [null, 'High', 1]],
    ['cookie.chunks', [null, '3', true, 0, 10, 2.5, Number.NaN]],
    ['remember.name', notStrings],
    ['remember.rolling', [null, '1', -1, Number.NaN, Number.POSITIVE_INFINITY]],
    ['remember.absolute', [null, '1', -1, Number.NaN, Number.POSITIVE_INFINITY]],
  ]
  const itself: Wrong = {}
  itself.self = itself
  /** Values that String() or JSON.stringify() throws for. */
  const unprintable = [1n, Symbol('s'), itself, Object.create(null)]
  for (const [, values] of typed) values.push(...unprintable.filter((value) => typeof value !== 'object'))
  for (const option of ['onLimit', 'onReuse', 'storeTimeout', 'cookie.priority', 'timeouts.idle', 'remember.rolling'])
    typed.push([option, unprintable])

  it.each(typed.flatMap(([option, values]) => values.map((value) => [option, value] as const)))(
    'of a wrong type or range are named: %s = %o',
    (option, value) => {
      const [outer, inner] = option.split('.') as [string, string?]
      expectRefused(withSecret({ [outer]: inner ? { [inner]: value } : value }), option, /must be|needs/)
    },
  )

  it.each<[Wrong, string, RegExp]>([
    [{ store: {} }, 'store', /has no method create\(\)/],
    [{ store: Promise.resolve(withoutMethod('')) }, 'store', /is a promise: await it/],
    [{ store: withoutMethod('touch') }, 'store', /has no method touch\(\)/],
    [{ store: withoutMethod('delete') }, 'store', /has no method delete\(\)/],
    [{ revocations: { revoke() {} } }, 'revocations', /has no method read\(\)/],
    [{ codec: { seal() {} } }, 'codec', /has no method unseal\(\)/],
    [{ store: new Map() }, 'store', /has no method create\(\)/],
    [{ store: memoryStore }, 'store', /must be an object, and is a function: call it, and pass what it returns$/],
    [{ revocations: memoryRevocations }, 'revocations', /and is a function: call it, and pass what it returns$/],
    [{ codec: () => {} }, 'codec', /and is a function: call it, and pass what it returns$/],
  ])('without a method are refused by the name of the method: %o', (options, option, message) => {
    expectRefused(withSecret(options), option, message)
  })

  /** Pairs of cookie names of which one would be read, or cleared, as the other's chunk. */
  const clashing = [
    ['sid', 'sid'],
    ['sid', 'sid.2'],
    ['sid', 'sid.9'],
    ['__Host-a.2', '__Host-a'],
  ]

  it.each<[Wrong, string, RegExp]>([
    [{ store: memoryStore(), revocations: memoryRevocations() }, 'revocations', /for cookie mode/],
    [{ store: memoryStore(), compress: true }, 'compress', /for cookie mode/],
    [{ onLimit: 'refuse', store: memoryStore() }, 'onLimit', /needs maxPerSubject/],
    [{ maxPerSubject: 3 }, 'maxPerSubject', /needs a store/],
    [{ maxPerSubject: 3, store: withoutMethod('') }, 'maxPerSubject', /no method acquire\(\)/],
    [{ maxPerSubject: 3, store: { ...withoutMethod(''), acquire() {} } }, 'maxPerSubject', /no method holders\(\)/],
    [{ store: memoryStore(), cookie: { chunks: 2 } }, 'cookie.chunks', /for cookie mode/],
    [{ store: memoryStore(), codec: { seal() {}, unseal() {} } }, 'codec', /nothing to seal/],
    [{ onReuse: 'destroy' }, 'onReuse', /needs a store/],
    [{ clock: () => new Date() }, 'clock', /epoch milliseconds/],
    [{ clock: () => Number.NaN }, 'clock', /epoch milliseconds/],
    [{ clock: () => Date.UTC(2030, 0) / 1000 + 0.5 }, 'clock', /a whole number/],
    [{ random: async () => new Uint8Array(32) }, 'random', /Uint8Array/],
    [{ random: () => 'ab' }, 'random', /Uint8Array/],
    ...clashing.map((names): [Wrong, string, RegExp] => [
      { cookie: { name: names[0] }, remember: { name: names[1] } },
      'remember.name',
      /must differ/,
    ]),
    [{ cookie: { domain: 'a.example' } }, 'cookie.domain', /__Secure-/],
    [{ cookie: { path: '/app' } }, 'cookie.path', /__Secure-/],
    [{ cookie: { secure: false } }, 'cookie.secure', /choose a name without/],
    [{ cookie: { name: 'sid', sameSite: 'none', secure: false } }, 'cookie.sameSite', /needs cookie\.secure/],
    [{ remember: { name: 'a b' } }, 'remember.name', /is not a cookie name/],
    [{ remember: true, cookie: { name: 'sid', secure: false } }, 'remember.name', /__Host-remember/],
    [{ remember: true, cookie: { name: '__Secure-sid', domain: 'a.example' } }, 'remember.name', /__Host-remember/],
    [{ timeouts: { idle: 60, touchThreshold: 60 } }, 'timeouts.touchThreshold', /idle out after 60 s/],
  ])('that do not go together are refused, and the message says why: %o', (options, option, message) => {
    expectRefused(withSecret(options), option, message)
  })

  it.each<[string, (options: never) => unknown]>([
    ['memoryStore', memoryStore],
    ['memoryRevocations', memoryRevocations],
    ['logout', logoutTriggers],
    ['options', restySession],
  ])('of every factory are any value but an object: %s', (option, make) => {
    for (const options of [null, 5, 'x', true, [], () => {}, 1n, Symbol('s')]) {
      expect(() => make(options as never)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG', option }))
    }
  })

  it('have a message with the expected type and the given one', () => {
    expect(refusal(withSecret({ cookie: null })).message).toBe('cookie: must be an object, and is null')
    expect(refusal(withSecret({ store: 'redis' })).message).toBe(
      'store: must be an object, and is a string: pass redisStore(client) or postgresStore(pool)',
    )
    expect(refusal(withSecret({ timeouts: [900] })).message).toBe('timeouts: must be an object, and is an array')
    expect(refusal(withSecret({ remember: 1 })).message).toBe(
      'remember: must be a boolean or an object, and is a number',
    )
  })
})
