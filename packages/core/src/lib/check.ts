import { SessionConfigError } from './errors'

/**
 * Refuses an option that does not exist, and suggests the one that was meant.
 * @throws SessionConfigError naming the option as the reader wrote it.
 */
export function checkKnown(path: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    const meant = distance(key, near) <= Math.max(2, key.length / 3)
    const hint = meant ? `did you mean ${path}${near}?` : `known are ${known.join(', ')}`
    throw new SessionConfigError(path + key, `is not an option; ${hint}`)
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
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  if (kinds.includes(kind as 'object')) return
  throw new SessionConfigError(option, `must be ${kinds.map(withArticle).join(' or ')}, and is ${withArticle(kind)}`)
}

const withArticle = (kind: string) => (kind === 'null' ? kind : `${/^[ao]/.test(kind) ? 'an' : 'a'} ${kind}`)

/** @throws SessionConfigError where the value is given and is none of the choices. */
export function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return
  throw new SessionConfigError(option, `must be one of ${choices.join(', ')}, and is ${JSON.stringify(value)}`)
}

/** @throws SessionConfigError where the value is given and is not a finite number of at least `min`. */
export function checkNumber(option: string, value: unknown, min: number): void {
  if (value === undefined) return
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min) {
    throw new SessionConfigError(option, `must be a number of at least ${min}, and is ${String(value)}`)
  }
}
