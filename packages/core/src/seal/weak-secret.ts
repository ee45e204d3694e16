import { SessionConfigError } from '../errors'

/** Random bytes that are written in ten digits have fewer than this once in twenty million secrets. */
const MIN_DIFFERENT = 6

/** Example secrets of other libraries' documentation name the length that they have. This one does not. */
const EXAMPLE = /32.?character/i
const OTHER_EXAMPLE = 'averylogphrasebiggerthanthirtytwochars'

const GENERATE = 'generate one: openssl rand -base64 48'

/**
 * Refuses a secret that is long enough and that no generator has made: few different characters, one text again and again,
 * or an example that many applications have copied.
 * @throws SessionConfigError that does not repeat the secret.
 */
export function checkSecretIsRandom(option: string, bytes: Uint8Array): void {
  if (new Set(bytes).size < MIN_DIFFERENT) {
    throw new SessionConfigError(option, `has so few different characters that it can be guessed; ${GENERATE}`)
  }
  if (isRepeated(bytes)) {
    throw new SessionConfigError(option, `repeats one text, so it can be guessed; ${GENERATE}`)
  }
  const text = new TextDecoder().decode(bytes)
  if (EXAMPLE.test(text) || text === OTHER_EXAMPLE) {
    throw new SessionConfigError(
      option,
      `is an example from a library's documentation, so it is no secret; ${GENERATE}`,
    )
  }
}

/** Whether one text stands there at least twice, from the first byte to the last. */
function isRepeated(bytes: Uint8Array): boolean {
  for (let period = 1; period <= bytes.length / 2; period++) {
    if (bytes.every((byte, i) => i < period || byte === bytes[i - period])) return true
  }
  return false
}
