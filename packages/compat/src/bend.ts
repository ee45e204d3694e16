import { SessionUsageError } from '@sojourn/session-core'

/** As in `session.data`: how many levels of objects and lists a value may have. A limit, because these functions recurse. */
const MAX_DEPTH = 64

/**
 * A value as it is after a round trip through JSON, which is how other libraries store it: a Date becomes a text, an instance a
 * plain object, NaN null. A key `__proto__` is left out, because copying it can change a prototype. A value that JSON keeps as it
 * is, is returned itself. `report` is called with the path of each bent value.
 * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` for what JSON cannot hold at all (a cycle, a BigInt), and for more than 64
 * levels.
 */
export function bend(value: unknown, path: string, report: (path: string) => void): unknown {
  return isKept(value, []) ? value : bendIn(value, path, report, [])
}

/** Whether JSON keeps a value as it is: nearly all are, and to see that needs no paths. */
function isKept(value: unknown, above: readonly unknown[]): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' || typeof value === 'boolean' || value === null
  if (above.length === MAX_DEPTH || above.includes(value)) return false
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false
  const below = [...above, value]
  if (Array.isArray(value)) {
    for (const each of value) if (!isKept(each, below)) return false
    return true
  }
  if (Object.hasOwn(value, '__proto__')) return false
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const key of Object.keys(value)) if (!isKept((value as Record<string, unknown>)[key], below)) return false
  return true
}

type Report = (path: string) => void

function bendIn(value: unknown, path: string, report: Report, above: readonly unknown[]): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return reported(null, path, report)
  if (typeof value === 'function' || typeof value === 'symbol') return reported(undefined, path, report)
  if (typeof value === 'bigint') throw refused(path, 'is a BigInt')
  if (typeof value !== 'object' || value === null) return value
  if (above.includes(value)) throw refused(path, 'contains itself')
  if (above.length === MAX_DEPTH) throw refused(path, `is nested more than ${MAX_DEPTH} levels deep`)
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function')
    return reported(
      bendIn(toJSON.call(value, ''), path, () => {}, [...above, value]),
      path,
      report,
    )
  const below = [...above, value]
  if (Array.isArray(value)) return bendArray(value, path, report, below)
  return bendObject(value as Record<string, unknown>, path, report, below)
}

function bendArray(list: unknown[], path: string, report: Report, below: readonly unknown[]): unknown[] {
  const bent = Array.from(list, (each) => bendIn(each, `${path}[]`, report, below) ?? null)
  return bent.some((each, i) => each !== list[i]) ? bent : list
}

function bendObject(object: Record<string, unknown>, path: string, report: Report, below: readonly unknown[]) {
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(object))
  const bent: [string, unknown][] = []
  let isSame = isPlain
  for (const [key, value] of Object.entries(object)) {
    if (key === '__proto__') {
      isSame = reported(false, `${path}.${key}`, report)
      continue
    }
    const next = bendIn(value, `${path}.${key}`, report, below)
    if (next !== value) isSame = false
    if (next !== undefined) bent.push([key, next])
  }
  if (isSame) return object
  if (!isPlain) report(path)
  return Object.fromEntries(bent)
}

function reported<T>(value: T, path: string, report: Report): T {
  report(path)
  return value
}

const refused = (path: string, why: string) =>
  new SessionUsageError('ERR_SESSION_NOT_SERIALIZABLE', `${path} ${why}. Nothing was stored.`)
