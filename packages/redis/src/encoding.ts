/**
 * Encodes any string as printable ASCII without spaces. The byte order of encoded strings is the UTF-16 order of the
 * originals. Ids, versions and hashes made by core stay as they are. Other characters are escaped, because a driver
 * could change them (lone surrogates) and a space separates the parts of a row.
 */
export const encode = (text: string): string =>
  /[^"-}]/.test(text)
    ? text.replace(/[^"-}]/g, (unit) => (unit < '"' ? '!' : '~') + unit.charCodeAt(0).toString(16).padStart(4, '0'))
    : text

/** Reverses {@link encode}. */
export const decode = (text: string): string =>
  /[!~]/.test(text)
    ? text.replace(/[!~](.{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text

/** Formats epoch milliseconds for Redis, which accepts whole numbers only. A fraction is cut off. */
export const formatInstant = (ms: number): string => String(Math.trunc(ms))

/** When Redis removes a row. Redis refuses an expiry before 1, and removes a key at once if its expiry has passed. */
export const expiryOf = (row: { readonly expiresAt: number }): string => formatInstant(Math.max(1, row.expiresAt))
