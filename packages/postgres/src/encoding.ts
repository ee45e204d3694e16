const escapes: Record<string, string> = { '\\': '\\\\', '\0': '\\0', '\ufeff': '\\f' }
const originals: Record<string, string> = { '\\': '\\', 0: '\0', f: '\ufeff' }

/**
 * Encodes any string for a text column. Postgres rejects U+0000, and PGlite drops a U+FEFF at the beginning, so they are
 * escaped as `\0` and `\f`, and a backslash as `\\`. Strings made by core contain none of them and stay as they are.
 */
export function toColumn(text: string): string {
  return /[\\\0\ufeff]/.test(text) ? text.replace(/[\\\0\ufeff]/g, (char) => escapes[char]!) : text
}

/** Reverses {@link toColumn}. An unknown escape, which another program wrote, is kept and is no error. */
export function fromColumn(column: string): string {
  return column.includes('\\') ? column.replace(/\\(.)/g, (_, char: string) => originals[char] ?? char) : column
}
