import { SessionUsageError } from '../errors'

const MAX_DEPTH = 64

/**
 * The JSON of a value that JSON can hold exactly. Members that are `undefined` are left out, and -0 becomes 0, as in JSON.
 * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE`, naming the path, for all that JSON would bend or lose.
 */
export function encodeJson(value: unknown, path: string): string {
  checkJson(value, path)
  return JSON.stringify(value)
}

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
    const named = Object.keys(value)[value.length]
    if (named !== undefined) refuse(`${path}.${named}`, 'a named member of an array')
    return
  }
  checkPlain(value, path)
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) checkJson(member, `${path}.${key}`, within)
  }
}

/**
 * Looks at an object, and not at its members.
 * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` where it is none that JSON gives back as it was.
 */
export function checkPlain(value: object, path: string): void {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const name = value.constructor?.name
    refuse(path, name && name !== 'Object' ? `a ${name}` : 'a class instance')
  }
  checkShape(value, path)
  if (Object.hasOwn(value, '__proto__')) refuse(`${path}.__proto__`, 'a key that could poison prototypes')
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
    `${path} is ${what}, which JSON cannot hold. Store plain objects, arrays, strings, finite numbers, booleans and null.`,
  )
}

// Our own texts never hold an escaped ASCII letter, so a reviver is needed for suspicious texts only.
const SUSPICIOUS = /__proto__|\\u00/i

/**
 * Reads JSON as `JSON.parse` does, but refuses a key `__proto__` however it is spelt: assigning such an object's members
 * to another one would change that one's prototype.
 * @throws SyntaxError where the text is not JSON, or holds that key.
 */
export function parseJson(text: string): unknown {
  if (!SUSPICIOUS.test(text)) return JSON.parse(text)
  return JSON.parse(text, (key, value) => {
    if (key === '__proto__') throw new SyntaxError('a key is __proto__')
    return value
  })
}
