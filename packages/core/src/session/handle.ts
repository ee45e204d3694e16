import { SessionUsageError } from '../errors'
import { remainingAfterCommit } from './commit'
import { watchLateChanges } from './dropped'
import { destroy, logout } from './ending'
import { login, regenerate, reload, requireFresh, save, setIdle, touch, update } from './methods'
import type { Session } from './session'
import type { RequestState } from './state'
import { hintAtUnknownName } from './unknown-name'

function dataOf(state: RequestState): unknown {
  watchLateChanges(state)
  return state.working.value
}

const facts: Record<string, (state: RequestState) => unknown> = {
  data: dataOf,
  id: (state) => state.id,
  outcome: (state) => state.outcome,
  isNew: (state) => !state.entry,
  subject: (state) => state.entry?.subject,
  audience: (state) => state.audience,
  createdAt: (state) => state.session?.record.createdAt,
  authenticatedAt: (state) => state.entry?.authenticatedAt,
  level: (state) => state.entry?.level,
  idle: ownLifetime,
  remaining: remainingAfterCommit,
}

/** In seconds. */
function ownLifetime({ session }: RequestState): number | undefined {
  const idle = session?.record.idle
  return idle === undefined ? undefined : idle / 1000
}

type Method = (state: RequestState, ...args: never[]) => unknown

const methods: Record<string, Method> = {
  ...{ update, login, regenerate, save, reload, touch, setIdle, logout, destroy, requireFresh },
}

/** A method of one handle. Only `update` takes a function. */
function bind(state: RequestState, name: string): (...args: unknown[]) => unknown {
  return (...args) => {
    if (name !== 'update' && args.some((arg) => typeof arg === 'function')) {
      throw misuse(`session.${name}() takes no callback; it returns a promise: await session.${name}(…)`)
    }
    return methods[name]!(state, ...(args as never[]))
  }
}

/** The target of the proxy. Its fields are private, so that logging a handle shows no token. */
class Target {
  readonly #state: RequestState
  readonly #bound: Record<string, unknown> = Object.create(null)

  constructor(state: RequestState) {
    this.#state = state
  }

  static state(target: Target): RequestState {
    return target.#state
  }

  /** A method that works without its handle, the same function each time. */
  static method(target: Target, name: string): unknown {
    target.#bound[name] ??= bind(target.#state, name)
    return target.#bound[name]
  }

  /** What Node's console shows. */
  [Symbol.for('nodejs.util.inspect.custom')](this: object): object {
    return { ...this }
  }
}

/** Lets `stateOf` reach the proxy's target. The target's own fields are #private, so this exposes nothing to other code. */
const TARGET = Symbol('target')

/** The state behind a handle; undefined for any other object. Does not count as accessing the session (no `Vary: Cookie`). */
export function stateOf(session: object | undefined): RequestState | undefined {
  const target = (session as { [TARGET]?: Target } | undefined)?.[TARGET]
  return target && Target.state(target)
}

/** The state behind a handle that a handler uses, so the response depends on the session. */
function access(target: Target): RequestState {
  const state = Target.state(target)
  state.accessed = true
  return state
}

const traps: ProxyHandler<Target> = {
  get(target, name) {
    // Awaiting the handle asks for `then`; the handler does not access the session by that.
    if (name === 'then') return undefined
    if (name === TARGET) return target
    const state = access(target)
    if (typeof name !== 'string') return undefined
    if (Object.hasOwn(facts, name)) return facts[name]!(state)
    if (Object.hasOwn(methods, name)) return Target.method(target, name)
    hintAtUnknownName(name)
    return undefined
  },
  has(target, name) {
    access(target)
    return Object.hasOwn(facts, name) || Object.hasOwn(methods, name)
  },
  ownKeys(target) {
    access(target)
    return Object.keys(facts)
  },
  getOwnPropertyDescriptor(target, name) {
    const state = access(target)
    if (typeof name !== 'string' || !Object.hasOwn(facts, name)) return undefined
    return { value: facts[name]!(state), writable: name === 'data', enumerable: true, configurable: true }
  },
  set(target, name, value) {
    if (name !== 'data') {
      const forPackages = 'A package that sets it, such as Passport, needs compatSession of @sojourn/session-compat'
      throw misuse(`session.${String(name)} cannot be set: keep values in session.data. ${forPackages}`)
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw misuse('session.data must be an object; to end the session, await session.destroy()')
    }
    const state = access(target)
    watchLateChanges(state)
    state.working.replace(value)
    return true
  },
  defineProperty(_, name) {
    throw misuse(`session.${String(name)} cannot be defined: keep values in session.data`)
  },
  deleteProperty(_, name) {
    throw misuse(`session.${String(name)} cannot be deleted: delete keys of session.data, or await session.destroy()`)
  },
  getPrototypeOf: () => null,
}

/**
 * The `Session` object given to handlers. Only `data` can be assigned; setting any other property throws. Each use of it,
 * the `in` operator included, makes the response depend on the session.
 */
export const createHandle = <Data>(state: RequestState): Session<Data> =>
  new Proxy(new Target(state), traps) as unknown as Session<Data>

const misuse = (message: string) => new SessionUsageError('ERR_SESSION_USAGE', message)
