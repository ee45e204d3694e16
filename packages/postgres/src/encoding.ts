const escapes: Record<string, string> = { '\\': '\\\\', '\0': '\\0', '\ufeff': '\\f' }
const originals: Record<string, string> = { '\\': '\\', 0: '\0', f: '\ufeff' }

/**
 * Postgres keeps any text but U+0000, and PGlite takes a U+FEFF at the beginning for a byte order mark and drops it. They
 * are kept as `\0` and `\f`, and so a backslash as `\\`. What core writes holds none of them, and costs one look.
 */
export function toColumn(text: string): string {
  return /[\\\0\ufeff]/.test(text) ? text.replace(/[\\\0\ufeff]/g, (char) => escapes[char]!) : text
}

/** The text that {@link toColumn} was given. What somebody else wrote is read as well as may be, and is no error. */
export function fromColumn(column: string): string {
  return column.includes('\\') ? column.replace(/\\(.)/g, (_, char: string) => originals[char] ?? char) : column
}
