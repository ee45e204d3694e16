/**
 * A cache with texts as keys. `maxCharacters` bounds the keys and the values together; at least half of it is used before
 * anything is evicted. Least recently used entries are evicted first.
 */
export class TextCache<Value> {
  // Two generations instead of deletions: a Map that deletes its first entries scans past them on every look-up of the first.
  private young = new Map<string, Value>()
  private old = new Map<string, Value>()
  private characters = 0

  constructor(
    private readonly maxCharacters: number,
    private readonly sizeOf: (value: Value) => number,
  ) {}

  get(key: string): Value | undefined {
    const recent = this.young.get(key)
    if (recent !== undefined) return recent
    const value = this.old.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set(key: string, value: Value): void {
    const size = key.length + this.sizeOf(value)
    // Parallel requests may set the same key: it is stored and counted once.
    if (this.young.has(key) || size > this.maxCharacters / 10) return
    if (this.characters + size > this.maxCharacters / 2) {
      this.old = this.young
      this.young = new Map()
      this.characters = 0
    }
    this.young.set(copyOf(key), value)
    this.characters += size
  }
}

/** A copy of a text. A cookie is a slice of its Cookie header, and V8 keeps the whole header alive for a slice. */
export const copyOf = (text: string): string => ` ${text}`.slice(1)
