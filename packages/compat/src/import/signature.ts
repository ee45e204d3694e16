import { createHmac, timingSafeEqual } from 'node:crypto'

/** Whether one of the keys has signed the text. `form` makes a signature's text of its bytes. */
export function isSigned(
  text: string,
  signature: string,
  keys: readonly (string | Uint8Array)[],
  algorithm: string,
  form: (mac: Buffer) => string,
): boolean {
  const given = Buffer.from(signature)
  // All keys, so that the time does not tell which one it is.
  return keys
    .map((key) => Buffer.from(form(createHmac(algorithm, key).update(text).digest())))
    .map((expected) => expected.length === given.length && timingSafeEqual(expected, given))
    .includes(true)
}
