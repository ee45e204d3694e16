import { SessionUsageError } from '../errors'
import type { RequestSession } from './methods'
import type { Session } from './session'

const facts: Record<string, (state: RequestSession) => unknown> = {
  data: (state) => state.data,
  id: (state) => state.id,
  outcome: (state) => state.outcome,
  isNew: (state) => state.isNew,
  subject: (state) => state.slot?.subject,
  audience: (state) => state.audience,
  createdAt: (state) => state.createdAt,
  authenticatedAt: (state) => state.slot?.authenticatedAt,
  remaining: (state) => state.remaining,
}

type Method = (state: RequestSession, ...args: never[]) => unknown

const methods: Record<string, Method> = {
  update: (state, key: string, fn: (value: unknown) => unknown) => state.update(key, fn),
  login: awaited('login'),
  regenerate: awaited('regenerate'),
  save: awaited('save'),
  touch: awaited('touch'),
  logout: awaited('logout'),
  destroy: awaited('destroy'),
}

function awaited(name: 'login' | 'regenerate' | 'save' | 'touch' | 'logout' | 'destroy'): Method {
  return (state, ...args: unknown[]) => {
    if (args.some((arg) => typeof arg === 'function')) {
      throw misuse(`session.${name}() takes no callback; it returns a promise: await session.${name}(…)`)
    }
    return (state[name] as (...args: unknown[]) => unknown)(...args)
  }
}

/** What lies behind the proxy. Its fields are private, so that a handle that is logged shows no token. */
class Target {
  readonly #state: RequestSession
  readonly #bound: Record<string, unknown> = {}

  constructor(state: RequestSession) {
    this.#state = state
  }

  static state(target: Target): RequestSession {
    return target.#state
  }

  /** A method that may be taken off the handle, the same one each time. */
  static method(target: Target, name: string): unknown {
    target.#bound[name] ??= methods[name]!.bind(undefined, target.#state)
    return target.#bound[name]
  }

  /** What Node's console shows. */
  [Symbol.for('nodejs.util.inspect.custom')](this: object): object {
    return { ...this }
  }
}

/** Asked of a handle, it yields the target, and with that nothing to anybody else: the target's fields are private. */
const TARGET = Symbol('target')

/** The state behind a handle; undefined for anything that is none. Asking is not consulting. */
export function stateOf(session: object | undefined): RequestSession | undefined {
  const target = (session as { [TARGET]?: Target } | undefined)?.[TARGET]
  return target && Target.state(target)
}

/** The state behind a handle; whatever asked for it made the response depend on the session. */
function consulted(target: Target): RequestSession {
  const state = Target.state(target)
  state.consulted = true
  return state
}

const traps: ProxyHandler<Target> = {
  get(target, name) {
    // Awaiting the handle asks whether it is a promise; that is not the handler's doing.
    if (name === 'then') return undefined
    if (name === TARGET) return target
    const state = consulted(target)
    if (typeof name === 'string' && Object.hasOwn(facts, name)) return facts[name]!(state)
    if (typeof name === 'string' && Object.hasOwn(methods, name)) return Target.method(target, name)
    return undefined
  },
  has(target, name) {
    consulted(target)
    return Object.hasOwn(facts, name) || Object.hasOwn(methods, name)
  },
  ownKeys(target) {
    consulted(target)
    return Object.keys(facts)
  },
  getOwnPropertyDescriptor(target, name) {
    const state = consulted(target)
    if (typeof name !== 'string' || !Object.hasOwn(facts, name)) return undefined
    return { value: facts[name]!(state), writable: name === 'data', enumerable: true, configurable: true }
  },
  set(target, name, value) {
    if (name !== 'data') throw misuse(`session.${String(name)} cannot be set: keep values in session.data`)
    consulted(target).data = value
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
 * The object that handlers hold: facts and methods, and nothing that could be taken for a place to keep values. Whatever a
 * handler does to it, even asking whether it has a member, means that the response depends on the session.
 */
export const createHandle = <Data>(state: RequestSession): Session<Data> =>
  new Proxy(new Target(state), traps) as unknown as Session<Data>

const misuse = (message: string) => new SessionUsageError('ERR_SESSION_USAGE', message)
