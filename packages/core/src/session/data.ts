import { type Edits, NO_EDITS } from '../record/changes'
import { checkJson, checkPlain } from '../seal/json'

type Values = Record<string, unknown>

/**
 * One request's own copy of `session.data`. It is made at the first access, so a request that never uses it costs nothing.
 * Changes are found by comparing the copy, key by key, with the values that it was made from.
 */
export class WorkingData {
  private copy: Values | undefined
  /** What is stored of the copy, as text. */
  private base = '{}'
  /** The last edits found, and the text of the copy then: once these edits are stored, that text is the base. */
  private latest: { edits: Edits; text: string } | undefined

  constructor(private source: Readonly<Values>) {}

  get value(): Values {
    if (!this.copy) {
      this.base = JSON.stringify(this.source)
      this.copy = JSON.parse(this.base) as Values
    }
    return this.copy
  }

  /** Replaces the copy: `session.data = { … }`. */
  replace(value: Values): void {
    if (!this.copy) this.base = JSON.stringify(this.source)
    this.copy = value
  }

  /**
   * What has changed since the copy was made.
   * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` naming the path of a value that JSON cannot hold.
   */
  edits(): Edits {
    if (!this.copy) return NO_EDITS
    checkPlain(this.copy, 'session.data')
    for (const key of Object.keys(this.copy)) {
      if (this.copy[key] !== undefined) checkJson(this.copy[key], `session.data.${key}`)
    }
    const text = JSON.stringify(this.copy)
    // The same text is the same data: most requests only read.
    if (text === this.base) return NO_EDITS
    const edits = new Map<string, unknown>()
    const before = JSON.parse(this.base) as Values
    for (const key of Object.keys(this.copy)) {
      const value = this.copy[key]
      if (value !== undefined && !(Object.hasOwn(before, key) && isSame(value, before[key])))
        edits.set(key, copyOf(value))
    }
    for (const key of Object.keys(before)) {
      // Own members only: an inherited one, such as `constructor`, is not the stored value of that key.
      if (!Object.hasOwn(this.copy, key) || this.copy[key] === undefined) edits.set(key, undefined)
    }
    this.latest = { edits, text }
    return edits
  }

  /** The keys that have changed, also those whose value cannot be stored. Throws nothing that the values do not throw. */
  changedKeys(): string[] {
    const { copy } = this
    // The same text is the same data: most requests only read.
    if (!copy || textOf({ copy }, 'copy') === this.base) return []
    const before = JSON.parse(this.base) as Values
    const keys = new Set([...Object.keys(before), ...Object.keys(copy)])
    return [...keys].filter((key) => textOf(before, key) !== textOf(copy, key))
  }

  /** After `edits` were stored: later changes are compared with `stored`. The copy stays as the handler has it. */
  rebase(stored: Readonly<Values>, edits: Edits): void {
    this.source = stored
    if (!this.copy || edits.size === 0) return
    if (edits === this.latest?.edits) {
      this.base = this.latest.text
      return
    }
    const base = JSON.parse(this.base) as Values
    for (const [key, value] of edits) {
      if (value === undefined) delete base[key]
      else base[key] = value
    }
    this.base = JSON.stringify(base)
  }

  /** After `update` has stored one key: puts the value into the copy as well. */
  rebaseKey(key: string, value: unknown): void {
    if (!this.copy) return
    // If the handler assigned a frozen object, the key could not be added, and the stored value would look deleted.
    if (!Object.isExtensible(this.copy)) this.copy = { ...this.copy }
    if (value === undefined) delete this.copy[key]
    else this.copy[key] = JSON.parse(JSON.stringify(value))
    this.rebase(this.source, new Map([[key, value]]))
  }
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null

/** Whether two values have the same JSON. */
const isSame = (one: unknown, other: unknown) =>
  one === other || (isObject(one) && isObject(other) && JSON.stringify(one) === JSON.stringify(other))

/** The handler may change its object before the value is written. */
const copyOf = (value: unknown) => (isObject(value) || value === 0 ? JSON.parse(JSON.stringify(value)) : value)

/** A value as it would be stored; undefined if there is none, and null if it cannot be stored. */
function textOf(values: Readonly<Values>, key: string): string | null | undefined {
  if (!Object.hasOwn(values, key) || values[key] === undefined) return undefined
  try {
    return JSON.stringify(values[key]) ?? null
  } catch {
    return null
  }
}
