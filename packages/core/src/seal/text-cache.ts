/**
 * Texts by the texts they were made of. What was not asked for the longest goes first; half of `maxCharacters`, keys
 * included, is held in any case.
 */
export class TextCache {
  // Two generations, so that nothing is ever deleted: a Map searches for its first entry past all that were deleted.
  private young = new Map<string, string>()
  private old = new Map<string, string>()
  private characters = 0

  constructor(private readonly maxCharacters: number) {}

  get(key: string): string | undefined {
    const recent = this.young.get(key)
    if (recent !== undefined) return recent
    const text = this.old.get(key)
    if (text !== undefined) this.set(key, text)
    return text
  }

  set(key: string, text: string): void {
    const size = key.length + text.length
    // Requests that came at once unseal the same text at once; it is kept, and counted, once.
    if (this.young.has(key) || size > this.maxCharacters / 10) return
    if (this.characters + size > this.maxCharacters / 2) {
      this.old = this.young
      this.young = new Map()
      this.characters = 0
    }
    // V8 keeps a whole text alive for the sake of a part of it, and a cookie is part of its header: this key is a copy.
    this.young.set(` ${key}`.slice(1), text)
    this.characters += size
  }
}
