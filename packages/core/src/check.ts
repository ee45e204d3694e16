import { SessionConfigError, SessionUsageError } from './errors'

export { SessionConfigError, SessionUsageError }

/** Checks a value that was given. @throws SessionConfigError naming `option` where the value is not of this kind. */
export type Kind = (option: string, value: unknown) => void

/** Where sessions live: in the sealed cookie, or in a store. */
export type Mode = 'cookie' | 'store'

/** One option of a table. */
interface Option<Options, Value> {
  readonly kind: Kind
  /** Whether leaving it out is refused. Default: false. */
  readonly required?: true
  /** Its value if it is left out. Default: undefined. */
  readonly default?: Value
  /** The same, computed from the options above it in the table. */
  readonly derive?: (above: Required<Options>) => Value
  /** `seconds`: given in seconds, and resolved to milliseconds. */
  readonly unit?: 'seconds'
  /** The only mode in which it has an effect. Default: both. */
  readonly mode?: Mode
  /** Why the other mode refuses it. */
  readonly because?: string
  /** The option without which it has no effect. */
  readonly needs?: keyof Options
  /** True for what `describe` leaves out: secrets, objects with methods, functions. */
  readonly internal?: boolean
}

/** All options of one function, in the order in which messages list them. */
export type OptionTable<Options> = {
  readonly [Name in keyof Required<Options>]: Option<Options, NonNullable<Options[Name]>>
}

/** The values of a table's options. Undefined is only what has no default and was left out. */
export type OptionValues<Options, Table> = {
  readonly [Name in keyof Required<Options>]:
    | NonNullable<Options[Name]>
    | (Name extends keyof Table ? (Table[Name] extends HasValue ? never : undefined) : undefined)
}

type HasValue = { default: unknown } | { derive: unknown } | { required: true }
type Row = Option<Record<string, unknown>, unknown>

/** What {@link readOptions} may need to know beside the table. */
export interface OptionContext {
  /** Names that readers try here, and the option that they mean. Default: none. */
  readonly elsewhere?: ReadonlyMap<string, string>
  /** What to say of an unknown name that has no counterpart here. Default: the names that are known. */
  readonly insteadOf?: (name: string, value: unknown) => string | undefined
  /** The mode in force. Default: the options of both are accepted. */
  readonly mode?: Mode
}

/**
 * Checks options against their table and fills in the defaults. `path` is what comes before each name: `timeouts.`.
 * @throws SessionConfigError for options that are not an object, and naming the first that is unknown or wrong.
 */
export function readOptions<Options extends object, Table extends OptionTable<Options>>(
  path: string,
  given: Options,
  table: Table & OptionTable<Options>,
  context: OptionContext = {},
): OptionValues<Options, Table> {
  const { mode } = context
  const options = checkKnown(path, given as Record<string, unknown>, Object.keys(table), context)
  const values: Record<string, unknown> = {}
  const rows = Object.entries(table).map(([name, row]): [string, Row] => [name, own(row as Row)])
  for (const [name, row] of rows) {
    const value = options[name]
    if (value !== undefined) {
      row.kind(path + name, value)
      if (value !== false) checkEffect(path + name, row, values, mode)
    } else if (row.required) throw new SessionConfigError(path + name, 'is missing')
    values[name] = copied(value ?? row.default ?? row.derive?.(values))
  }
  for (const [name, { unit }] of rows) if (unit) values[name] = milliseconds(values[name] as number)
  return values as OptionValues<Options, Table>
}

/**
 * A copy of an object's own members, without a prototype. Members of Object.prototype are no options: a dependency with a
 * prototype pollution could otherwise switch off clocks in the whole process.
 */
export function own<T extends object>(given: T, name = 'options'): T {
  checkType(name, given ?? null, 'object')
  return Object.assign(Object.create(null), given)
}

/** A member of an object or of its class. One of Object.prototype is none: it says nothing about this object. */
export function memberOf(object: object, name: string): unknown {
  for (let at: object | null = object; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, name)) return (object as Record<string, unknown>)[name]
  }
  return undefined
}

/** An option that does nothing looks like one that does, so it is refused. */
function checkEffect(option: string, row: Row, above: Record<string, unknown>, mode: Mode | undefined): void {
  if (row.mode && mode && row.mode !== mode) {
    const reason = row.because ? ` (${row.because})` : ''
    const needed = row.mode === 'cookie' ? 'is for cookie mode' : 'needs a store'
    throw new SessionConfigError(option, `${needed}${reason}: leave it out`)
  }
  if (row.needs && above[row.needs] === undefined) throw new SessionConfigError(option, `needs ${row.needs}`)
}

/** The policy in a table's values: without what is internal, durations in seconds again. */
export function policyOf<Values extends object>(table: object, values: Values): Values {
  const rows = Object.entries(table).map(([name, row]) => [name, own(row as Row)]) as [keyof Values, Row][]
  return Object.fromEntries(
    rows
      .filter(([, row]) => !row.internal)
      .map(([name, { unit }]) => [name, unit ? (values[name] as number) / 1000 : copied(values[name])]),
  ) as Values
}

/** A caller that changes its list later changes nothing here. */
const copied = (value: unknown) => (Array.isArray(value) ? [...value] : value)

// 0 switches a clock off, so a duration of more than 0 never becomes 0.
const milliseconds = (seconds: number) => (seconds > 0 ? Math.max(1, Math.round(seconds * 1000)) : 0)

/** Any value: what uses it checks it. */
export const anything: Kind = () => {}

export const ofType =
  (...types: TypeName[]): Kind =>
  (option, value) =>
    checkType(option, value, ...types)

export const oneOf =
  (...choices: string[]): Kind =>
  (option, value) =>
    checkChoice(option, value, choices)

export const listOf =
  (...choices: string[]): Kind =>
  (option, value) => {
    if (!Array.isArray(value)) throw new SessionConfigError(option, `must be a list, and is ${shown(value)}`)
    for (const item of value) checkChoice(option, item ?? null, choices)
  }

export const listOfText: Kind = (option, value) => {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return
  throw new SessionConfigError(option, 'must be a list of strings')
}

export const numberFrom =
  (min: number, max?: number): Kind =>
  (option, value) =>
    checkNumber(option, value, min, max)

export const wholeNumberFrom =
  (min: number, max?: number): Kind =>
  (option, value) => {
    if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= (max ?? Infinity)) return
    throw new SessionConfigError(option, `must be a whole number ${range(min, max)}, and is ${shown(value)}`)
  }

/** An object with these methods. A promise of one is refused with the way out: a forgotten `await` is the usual cause. */
export const withMethods =
  (...methods: string[]): Kind =>
  (option, value) => {
    if (typeof value === 'function') {
      throw new SessionConfigError(option, 'must be an object, and is a function: call it, and pass what it returns')
    }
    checkType(option, value, 'object')
    checkMethods(option, value as object, methods)
  }

/**
 * An object with these methods, which the function `redis` or `postgres` makes of a client. For a client itself, a store of
 * express-session and a URL, the error says which function to call.
 */
export const madeBy =
  (redis: string, postgres: string, ...methods: string[]): Kind =>
  (option, value) => {
    const instead = methods.every((name) => hasMethod(value, name)) ? undefined : insteadOf(value, redis, postgres)
    if (instead) throw new SessionConfigError(option, instead)
    withMethods(...methods)(option, value)
  }

function insteadOf(value: unknown, redis: string, postgres: string): string | undefined {
  const has = (name: string) => hasMethod(value, name)
  const either = `pass ${redis} or ${postgres}`
  if (typeof value === 'string') return `must be an object, and is a string: ${either}`
  // First Redis, because a client of it has every command as a method.
  if (has('sendCommand') || has('call')) return `is a Redis client: pass ${redis}`
  if (['get', 'set', 'destroy'].every(has)) return `is a store of express-session: ${either}`
  return has('query') ? `is a database client: pass ${postgres}` : undefined
}

/** Whether an object, or its class, has this method. One of Object.prototype is none. */
export const hasMethod = (value: unknown, name: string): boolean =>
  typeof value === 'object' && value !== null && typeof memberOf(value, name) === 'function'

/** @throws SessionConfigError where one of the methods is missing; `before` begins the message. */
export function checkMethods(option: string, value: object, methods: readonly string[], before = ''): void {
  if ('then' in value) throw new SessionConfigError(option, 'is a promise: await it, and pass its result')
  for (const method of methods) {
    if (typeof (value as Record<string, unknown>)[method] !== 'function') {
      throw new SessionConfigError(option, `${before}has no method ${method}()`)
    }
  }
}

/**
 * Refuses options that are not an object, and an option that does not exist; suggests the one that was probably meant.
 * @throws SessionConfigError naming the option as the caller wrote it.
 */
export function checkKnown<T extends object>(
  path: string,
  given: T,
  known: readonly string[],
  { elsewhere, insteadOf }: OptionContext = {},
): T {
  const options = own(given, path.slice(0, -1) || 'options')
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const instead = insteadOf?.(key, options[key as keyof T])
    if (instead) throw new SessionConfigError(path + key, instead)
    const near = nearest(key, known)
    const close = distance(key, near) <= Math.max(2, key.length / 3)
    const meant = elsewhere?.get(key) ?? (close ? path + near : undefined)
    const hint = meant ? `did you mean ${meant}?` : `known are ${known.join(', ')}`
    throw new SessionConfigError(path + key, `is not an option; ${hint}`)
  }
  return options
}

/** The same for the options of a method: `checkCall('list', …)`. Yields their own members. @throws SessionUsageError */
export function checkCall<T extends object>(call: string, options: T, known: readonly string[]): T {
  try {
    return checkKnown(`${call}.`, options, known)
  } catch (error) {
    throw new SessionUsageError('ERR_SESSION_USAGE', (error as Error).message)
  }
}

/**
 * Whom a user's option `subject` has named: a string or a number, or nothing (also false) if no one is logged in.
 * @throws SessionUsageError for anything else.
 */
export function subjectFrom(returned: unknown): string | undefined {
  if (returned === undefined || returned === null || returned === false || returned === '') return undefined
  if (typeof returned === 'string' || Number.isFinite(returned)) return String(returned)
  const message = 'The option subject must return a string, a number, or nothing: data.passport?.user'
  throw new SessionUsageError('ERR_SESSION_USAGE', message)
}

const nearest = (key: string, known: readonly string[]) =>
  known.reduce((best, name) => (distance(key, name) < distance(key, best) ? name : best))

/** The Levenshtein distance of two words: how many characters must change. Case is ignored. */
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

type TypeName = 'string' | 'number' | 'boolean' | 'function' | 'object'

/** @throws SessionConfigError where the value is given and has none of the types. An array is not an object here. */
export function checkType(option: string, value: unknown, ...types: TypeName[]): void {
  if (value === undefined) return
  const type = typeOf(value)
  if (types.includes(type as TypeName)) return
  throw new SessionConfigError(option, `must be ${types.map(withArticle).join(' or ')}, and is ${withArticle(type)}`)
}

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

const withArticle = (type: string) => (type === 'null' ? type : `${/^[ao]/.test(type) ? 'an' : 'a'} ${type}`)

/** @throws SessionConfigError where the value is given and is none of the choices. */
export function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return
  throw new SessionConfigError(option, `must be one of ${choices.join(', ')}, and is ${shown(value)}`)
}

/** @throws SessionConfigError where the value is given and is not a finite number from `min` to `max`. */
export function checkNumber(option: string, value: unknown, min: number, max?: number): void {
  if (value === undefined) return
  if (typeof value === 'number' && value >= min && value <= (max ?? Number.MAX_VALUE)) return
  throw new SessionConfigError(option, `must be a number ${range(min, max)}, and is ${shown(value)}`)
}

const range = (min: number, max?: number) => (max === undefined ? `of at least ${min}` : `from ${min} to ${max}`)

/** A value for a message. Of an object or function only its type: it may have no text, or a private one. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return withArticle(typeOf(value))
  return String(value)
}
