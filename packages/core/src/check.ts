import { SessionConfigError, SessionUsageError } from './errors'

/**
 * Refuses options that are no object, and an option that does not exist; suggests the one that was meant. `elsewhere` says
 * where the options are that readers look for here: by their names, the paths of ours.
 * @throws SessionConfigError naming the option as the reader wrote it.
 */
export function checkKnown(
  path: string,
  options: object,
  known: readonly string[],
  elsewhere: ReadonlyMap<string, string> = NOWHERE,
): void {
  checkType(path.slice(0, -1) || 'options', options ?? null, 'object')
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    const close = distance(key, near) <= Math.max(2, key.length / 3)
    const meant = elsewhere.get(key) ?? (close ? path + near : undefined)
    const hint = meant ? `did you mean ${meant}?` : `known are ${known.join(', ')}`
    throw new SessionConfigError(path + key, `is not an option; ${hint}`)
  }
}

const NOWHERE: ReadonlyMap<string, string> = new Map()

/** As {@link checkKnown}, for the options of a call. @throws SessionUsageError */
export function checkCall(call: string, options: object, known: readonly string[]): void {
  try {
    checkKnown(`${call}.`, options, known)
  } catch (error) {
    throw new SessionUsageError('ERR_SESSION_USAGE', (error as Error).message)
  }
}

const nearest = (key: string, known: readonly string[]) =>
  known.reduce((best, name) => (distance(key, name) < distance(key, best) ? name : best))

/** How many characters must change to get from one word to the other (Levenshtein), whatever their case. */
function distance(from: string, to: string): number {
  const [a, b] = [from.toLowerCase(), to.toLowerCase()]
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, swap))
    }
    row = next
  }
  return row[b.length]!
}

/** @throws SessionConfigError where the value is given and is none of the kinds. An array is no object here. */
export function checkType(
  option: string,
  value: unknown,
  ...kinds: ('string' | 'number' | 'boolean' | 'function' | 'object')[]
): void {
  if (value === undefined) return
  const kind = kindOf(value)
  if (kinds.includes(kind as 'object')) return
  throw new SessionConfigError(option, `must be ${kinds.map(withArticle).join(' or ')}, and is ${withArticle(kind)}`)
}

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

const withArticle = (kind: string) => (kind === 'null' ? kind : `${/^[ao]/.test(kind) ? 'an' : 'a'} ${kind}`)

/** @throws SessionConfigError where the value is given and is none of the choices. */
export function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return
  throw new SessionConfigError(option, `must be one of ${choices.join(', ')}, and is ${shown(value)}`)
}

/** @throws SessionConfigError where the value is given and is not a finite number from `min` to `max`. */
export function checkNumber(option: string, value: unknown, min: number, max = Number.MAX_VALUE): void {
  if (value === undefined) return
  if (typeof value === 'number' && value >= min && value <= max) return
  const range = max === Number.MAX_VALUE ? `of at least ${min}` : `from ${min} to ${max}`
  throw new SessionConfigError(option, `must be a number ${range}, and is ${shown(value)}`)
}

/** A value for a message. Objects by their kind alone: some have no text, and some have one that is nobody's business. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return withArticle(kindOf(value))
  return String(value)
}
