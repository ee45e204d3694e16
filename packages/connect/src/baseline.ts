import type { SealedRow } from '@sojourn/session-core/rows'
import type { CookieJson } from './session-cookie'

/** What a session object was made from, or last stored. What differs from it, its request has changed. */
export interface Baseline {
  readonly sid: string
  readonly row: SealedRow
  /** The cookie that the request has seen or stored. The row's own can be one that another request has changed. */
  readonly cookie: CookieJson
  /** The JSON of each top-level key. */
  readonly texts: ReadonlyMap<string, string>
}

/** What a request changed: the JSON of each key, undefined for one that it removed. */
export type Edits = ReadonlyMap<string, string | undefined>

/** The JSON of each top-level key. */
export const textsOf = (data: object): Map<string, string> =>
  new Map(Object.entries(data).map(([key, value]) => [key, JSON.stringify(value)]))

export function editsBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Edits {
  const edits = new Map<string, string | undefined>()
  for (const [key, text] of after) if (before.get(key) !== text) edits.set(key, text)
  for (const key of before.keys()) if (!after.has(key)) edits.set(key, undefined)
  return edits
}

export function applyEdits(data: Readonly<Record<string, unknown>>, edits: Edits): Record<string, unknown> {
  const edited = new Map(Object.entries(data))
  for (const [key, text] of edits) {
    if (text === undefined) edited.delete(key)
    else edited.set(key, JSON.parse(text))
  }
  return Object.fromEntries(edited)
}

const BASELINE = Symbol('baseline')

/**
 * Finds the baseline of a session object. Both libraries copy what `get` returns into an object of their own:
 * express-session in `createSession`, which tells us; @fastify/session copies the cookie with its symbols into the cookie options
 * that its session keeps. A copy that an application makes with `{ ...session }` has the same cookie.
 */
export class Baselines {
  private readonly known = new WeakMap<object, Baseline>()

  set(session: object, baseline: Baseline): void {
    for (const each of [session, cookieOf(session)]) if (isObject(each)) this.known.set(each, baseline)
  }

  /** Marks what `get` returns. */
  mark(session: { readonly cookie: object }, baseline: Baseline): void {
    this.set(session, baseline)
    Object.assign(session.cookie, { [BASELINE]: baseline })
  }

  /** `to` is the library's own object, made from `from`. */
  copied(from: object, to: object): void {
    const baseline = this.known.get(from)
    if (baseline) this.set(to, baseline)
  }

  of(session: object, sid: string): Baseline | undefined {
    const hidden = Object.getOwnPropertySymbols(session).map((key) => (session as Record<symbol, unknown>)[key])
    const found = [session, cookieOf(session), ...hidden]
      .filter(isObject)
      .map((each) => this.known.get(each) ?? each[BASELINE])
      .find((each) => each !== undefined)
    // `regenerate` of @fastify/session hands the cookie options to a session with another id.
    return found?.sid === sid ? found : undefined
  }
}

const cookieOf = (session: object) => (session as { readonly cookie?: unknown }).cookie

const isObject = (value: unknown): value is { readonly [BASELINE]?: Baseline } =>
  typeof value === 'object' && value !== null
