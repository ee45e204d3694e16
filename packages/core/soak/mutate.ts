/** A whole number below `limit`. */
export type Below = (limit: number) => number

// No semicolon: it ends the cookie, and the part before it may be the unchanged token.
const STRANGE = [
  ...'=*~ /+.%"\\,:|-_@#$&()[]{}<>?!^`\'',
  '\t',
  '\0',
  '\n',
  '\r',
  '\u00a0',
  '\ufeff',
  '\u2000',
  'é',
  '🫖',
]
const USUAL = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']

type Step = (text: string, below: Below, others: readonly string[]) => string

const pick = <T>(list: readonly T[], below: Below): T => list[below(list.length)]!
const character = (below: Below) => pick(below(4) === 0 ? STRANGE : USUAL, below)

const steps: Step[] = [
  function substitute(text, below) {
    const at = below(text.length)
    return text.slice(0, at) + character(below) + text.slice(at + 1)
  },
  function insert(text, below) {
    const at = below(text.length + 1)
    return text.slice(0, at) + character(below) + text.slice(at)
  },
  function remove(text, below) {
    const at = below(text.length)
    return text.slice(0, at) + text.slice(at + 1 + (below(4) === 0 ? below(text.length) : 0))
  },
  function swapNeighbours(text, below) {
    const at = below(text.length)
    return text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2)
  },
  function flipBit(text, below) {
    const at = below(text.length)
    const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << below(8)))
    return text.slice(0, at) + (flipped === ';' ? ':' : flipped) + text.slice(at + 1)
  },
  function changeCase(text, below) {
    const at = below(text.length)
    const letter = text[at] ?? ''
    const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
    return text.slice(0, at) + other + text.slice(at + 1)
  },
  function escapeOne(text, below) {
    const at = below(text.length)
    return `${text.slice(0, at)}%${text.charCodeAt(at).toString(16)}${text.slice(at + 1)}`
  },
  function repeat(text, below) {
    const from = below(text.length)
    return text.slice(0, from) + text.slice(from, from + 1 + below(40)) + text.slice(from)
  },
  function crossOver(text, below, others) {
    const at = below(text.length)
    return text.slice(0, at) + pick(others, below).slice(at)
  },
  function exchangeField(text, below, others) {
    const separator = text.includes('*') ? '*' : '.'
    const [fields, strange] = [text.split(separator), pick(others, below).split(separator)]
    const at = below(fields.length)
    return fields.with(at, pick(strange, below)).join(separator)
  },
  function lastCharacter(text, below) {
    return text.slice(0, -1) + character(below)
  },
  function append(text, below) {
    return text + character(below).repeat(1 + below(3))
  },
]

/** A random mutation of `token` in one to five steps, or a random text; never one of `tokens`. */
export function mutate(token: string, below: Below, tokens: readonly string[]): string {
  for (;;) {
    let text = below(50) === 0 ? Array.from({ length: below(500) }, () => character(below)).join('') : token
    for (let left = 1 + below(5); left > 0 && text.length > 0; left--) text = pick(steps, below)(text, below, tokens)
    // The header parser ignores spaces and tabs around a value.
    if (!tokens.includes(text.replace(/^[ \t]+|[ \t]+$/g, ''))) return text
  }
}
