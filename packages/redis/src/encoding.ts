/**
 * Any string as printable ASCII without a space, such that encoded strings sort in bytes as the originals do in
 * UTF-16 units. What core makes up (ids, versions, hashes) is printable and stays as it is; the rest could otherwise
 * be changed by a driver (lone surrogates) or be taken for a separator of ours (the space).
 */
export const encode = (text: string): string =>
  /[^"-}]/.test(text)
    ? text.replace(/[^"-}]/g, (unit) => (unit < '"' ? '!' : '~') + unit.charCodeAt(0).toString(16).padStart(4, '0'))
    : text

/** What {@link encode} was given. */
export const decode = (text: string): string =>
  /[!~]/.test(text)
    ? text.replace(/[!~](.{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text

/** An instant for Redis, which knows only whole milliseconds. */
export const instant = (ms: number): string => String(Math.trunc(ms))
