/** The characters of an iron text by {@link CANONICAL}: the id of its key, its IV, and its MAC at the end. */
const [HEAD, ID, IV, MAC] = ['Fe26.2*', 8, 22, 43]
const [AFTER_ID, AFTER_IV, BEFORE_MAC] = ['**', '*', '***']

const IV_AT = HEAD.length + ID + AFTER_ID.length
const TEXT_AT = IV_AT + IV + AFTER_IV.length
const END = BEFORE_MAC.length + MAC

/**
 * The variable characters of a text that {@link ironCodec} has sealed, without what stands between them. A store may keep them
 * in six bits each. Undefined for a text of another form. They may still be none of base64url: the caller checks that.
 */
export function charactersOf(sealed: string): string | undefined {
  const end = sealed.length - END
  const hasForm =
    end >= TEXT_AT &&
    sealed.startsWith(HEAD) &&
    sealed.startsWith(AFTER_ID, HEAD.length + ID) &&
    sealed.startsWith(AFTER_IV, IV_AT + IV) &&
    sealed.startsWith(BEFORE_MAC, end)
  if (!hasForm) return undefined
  const iv = sealed.slice(IV_AT, IV_AT + IV)
  return sealed.slice(HEAD.length, HEAD.length + ID) + iv + sealed.slice(TEXT_AT, end) + sealed.slice(-MAC)
}

/** Reverses {@link charactersOf}. */
export function withCharacters(characters: string): string {
  const [id, iv] = [characters.slice(0, ID), characters.slice(ID, ID + IV)]
  return `${HEAD}${id}${AFTER_ID}${iv}${AFTER_IV}${characters.slice(ID + IV, -MAC)}${BEFORE_MAC}${characters.slice(-MAC)}`
}
