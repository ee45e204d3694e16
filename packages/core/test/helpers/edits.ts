const BASE64URL = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']

/** What edits put into a token: its own alphabet, iron's separator, padding, both old base64 letters, a space. */
export const EDIT_ALPHABET = [...BASE64URL, ...'=*~ /+']

/** Every text one substitution, deletion or insertion (appending included) away from the token; each at least once. */
export function* singleEdits(token: string, alphabet = EDIT_ALPHABET): Generator<string> {
  for (let i = 0; i <= token.length; i++) {
    const [before, after] = [token.slice(0, i), token.slice(i)]
    if (after) yield before + after.slice(1)
    for (const character of alphabet) {
      yield before + character + after
      if (after && character !== after[0]) yield before + character + after.slice(1)
    }
  }
}

/** Every text one bit away from an ASCII text. */
export function* bitFlips(text: string): Generator<string> {
  for (let i = 0; i < text.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      yield text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ (1 << bit)) + text.slice(i + 1)
    }
  }
}
