import { SessionUsageError } from '../errors'

const MAX_DEPTH = 64

/**
 * The JSON of a value that JSON can represent exactly. As in JSON, members that are `undefined` are left out and -0 is 0.
 * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE`, naming the path, for a value that JSON would change or drop.
 */
export function encodeJson(value: unknown, path: string): string {
  checkJson(value, path)
  return JSON.stringify(value)
}

/** @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE`, naming the path, for a value that JSON would change or drop. */
export function checkJson(value: unknown, path: string, parents: object[] = []): void {
  const kind = typeof value
  if (value === null || kind === 'string' || kind === 'boolean') return
  if (kind === 'number') {
    if (!Number.isFinite(value)) refuse(path, String(value))
    return
  }
  if (kind !== 'object') refuse(path, kind === 'undefined' ? kind : `a ${kind}`)
  checkObject(value as object, path, parents)
}

function checkObject(value: object, path: string, parents: object[]): void {
  if (parents.includes(value)) refuse(path, 'a reference to itself')
  if (parents.length >= MAX_DEPTH) refuse(path, `nested more than ${MAX_DEPTH} levels deep`)
  const within = [...parents, value]
  if (Array.isArray(value)) {
    checkShape(value, path)
    for (let i = 0; i < value.length; i++) checkJson(value[i], `${path}[${i}]`, within)
    const extra = Object.keys(value)[value.length]
    if (extra !== undefined) refuse(`${path}.${extra}`, 'a named member of an array')
    return
  }
  checkPlain(value, path)
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) checkJson(member, `${path}.${key}`, within)
  }
}

/**
 * Checks an object itself, not its members.
 * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` if it is not a plain object.
 */
export function checkPlain(value: object, path: string): void {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const name = value.constructor?.name
    refuse(path, name && name !== 'Object' ? `a ${name}` : 'a class instance')
  }
  checkShape(value, path)
  if (Object.hasOwn(value, '__proto__')) refuse(`${path}.__proto__`, 'a key that can pollute prototypes')
}

function checkShape(value: object, path: string): void {
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') refuse(path, 'an object with toJSON')
  if (Object.getOwnPropertySymbols(value).some((key) => Object.prototype.propertyIsEnumerable.call(value, key))) {
    refuse(path, 'an object with a symbol as a key')
  }
}

function refuse(path: string, what: string): never {
  throw new SessionUsageError(
    'ERR_SESSION_NOT_SERIALIZABLE',
    `${path} is ${what}, which JSON cannot represent. Store plain objects, arrays, strings, finite numbers, booleans and null.`,
  )
}

// JSON.stringify never escapes an ASCII letter, so only these texts can contain the key and need to be searched.
const SUSPICIOUS = /__proto__|\\u00/i

/**
 * Parses JSON as `JSON.parse` does, but refuses the key `__proto__`, also if its letters are escaped. Copying such a member
 * to another object would change that object's prototype.
 * @throws SyntaxError if the text is not JSON, or contains that key.
 */
export function parseJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text)
  if (SUSPICIOUS.test(text)) depthOf(parsed)
  return parsed
}

/**
 * How many levels of objects and arrays JSON has: 1 for `{}`, 2 for `[{}]`. It is no recursion, and neither is JSON.parse: a text
 * that was stored must open, however deep it is nested.
 * @throws SyntaxError if it contains the key `__proto__`.
 */
export function depthOf(parsed: unknown): number {
  let depth = 0
  for (let level = [parsed].filter(isObject); level.length > 0; depth++) {
    if (level.some((each) => Object.hasOwn(each, '__proto__'))) {
      throw new SyntaxError('the key __proto__ is not allowed')
    }
    level = level.flatMap((each) => Object.values(each)).filter(isObject)
  }
  return depth
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
