import type { Edits } from '../record/changes'
import { checkJson, checkPlain } from '../seal/json'

type Values = Record<string, unknown>

/**
 * A request's own copy of its slot's data. It is made when somebody first asks for it, so that a request that never does
 * costs nothing; what changed is found by comparing, key by key, with what it was made from.
 */
export class WorkingData {
  private copy: Values | undefined
  private base = '{}'
  /** What was found last, and the text of the copy then: once these are written, that is what is stored. */
  private found: { edits: Edits; text: string } | undefined

  constructor(private source: Readonly<Values>) {}

  get value(): Values {
    if (!this.copy) {
      this.base = JSON.stringify(this.source)
      this.copy = JSON.parse(this.base) as Values
    }
    return this.copy
  }

  /** Puts another object in place of the copy: `session.data = { … }`. */
  replace(value: Values): void {
    if (!this.copy) this.base = JSON.stringify(this.source)
    this.copy = value
  }

  /**
   * What has changed since the copy was made.
   * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` naming the path of what JSON cannot hold.
   */
  edits(): Edits {
    const edits = new Map<string, unknown>()
    if (!this.copy) return edits
    checkPlain(this.copy, 'session.data')
    for (const key of Object.keys(this.copy)) {
      if (this.copy[key] !== undefined) checkJson(this.copy[key], `session.data.${key}`)
    }
    const text = JSON.stringify(this.copy)
    // The same text is the same data: most requests only read.
    if (text === this.base) return edits
    const before = JSON.parse(this.base) as Values
    for (const key of Object.keys(this.copy)) {
      const value = this.copy[key]
      if (value === undefined) continue
      const text = JSON.stringify(value)
      // Parsed again, so that what is written later is not what the handler goes on to change.
      if (!Object.hasOwn(before, key) || text !== JSON.stringify(before[key])) edits.set(key, JSON.parse(text))
    }
    for (const key of Object.keys(before)) {
      // Asked of the copy itself: what it inherits, such as `constructor`, is not what was stored under that name.
      if (!Object.hasOwn(this.copy, key) || this.copy[key] === undefined) edits.set(key, undefined)
    }
    this.found = { edits, text }
    return edits
  }

  /** After `edits` were written: `stored` is what later changes are compared with. The copy stays as the handler has it. */
  settle(stored: Readonly<Values>, edits: Edits): void {
    this.source = stored
    if (!this.copy || edits.size === 0) return
    if (edits === this.found?.edits) {
      this.base = this.found.text
      return
    }
    const base = JSON.parse(this.base) as Values
    for (const [key, value] of edits) {
      if (value === undefined) delete base[key]
      else base[key] = value
    }
    this.base = JSON.stringify(base)
  }

  /** One key, as an awaited update left it. */
  settleKey(key: string, value: unknown): void {
    if (!this.copy) return
    // The handler may have put a frozen object there; what is stored by now must not look as if it had been removed.
    if (!Object.isExtensible(this.copy)) this.copy = { ...this.copy }
    if (value === undefined) delete this.copy[key]
    else this.copy[key] = JSON.parse(JSON.stringify(value))
    this.settle(this.source, new Map([[key, value]]))
  }
}
