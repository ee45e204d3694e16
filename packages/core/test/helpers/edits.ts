const BASE64URL = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']

/** Characters that an edit inserts: those of a token, iron's separator, padding, `+` and `/` of base64, a space. */
const EDIT_ALPHABET = [...BASE64URL, ...'=*~ /+']

/** All texts that differ from the token by one substitution, deletion or insertion, each at least once. */
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

/** All texts that differ from an ASCII text by one bit. */
export function* bitFlips(text: string): Generator<string> {
  for (let i = 0; i < text.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      yield text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ (1 << bit)) + text.slice(i + 1)
    }
  }
}
