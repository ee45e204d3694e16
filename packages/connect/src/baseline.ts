import type { SealedRow } from '@sojourn/session-core/rows'

/** What a session object was made from. What it holds and its baseline does not, its request has changed. */
export interface Baseline {
  readonly sid: string
  readonly row: SealedRow
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
 * that its session keeps.
 */
export class Baselines {
  private readonly known = new WeakMap<object, Baseline>()

  set(session: object, baseline: Baseline): void {
    this.known.set(session, baseline)
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
    const baseline = this.known.get(session) ?? markIn(session)
    // `regenerate` of @fastify/session hands the cookie options to a session with another id.
    return baseline?.sid === sid ? baseline : undefined
  }
}

function markIn(session: object): Baseline | undefined {
  for (const key of Object.getOwnPropertySymbols(session)) {
    const options = (session as Record<symbol, { [BASELINE]?: Baseline } | null | undefined>)[key]
    if (typeof options === 'object' && options?.[BASELINE]) return options[BASELINE]
  }
  return undefined
}
