import { checkChoice, checkNumber, checkType, shown } from '../check'
import { SessionConfigError } from '../errors'
import type { SessionHeader } from '../gateway/session-headers'

/** Reads one value of a configuration. @throws SessionConfigError naming `option` if the value is of a wrong type. */
export type Reader<Value> = (option: string, value: unknown) => Value

const HEADERS: readonly SessionHeader[] = [
  ...(['id', 'audience', 'subject', 'timeout'] as const),
  ...(['idling-timeout', 'rolling-timeout', 'absolute-timeout'] as const),
]
const SAME_SITES = ['Strict', 'Lax', 'None', 'Default'] as const

const text: Reader<string> = (option, value) => {
  checkType(option, value, 'string')
  return value as string
}

const flag: Reader<boolean> = (option, value) => {
  checkType(option, value, 'boolean')
  return value as boolean
}

const seconds: Reader<number> = (option, value) => {
  checkNumber(option, value, 0)
  return value as number
}

const oneOf =
  <Choice extends string>(...choices: Choice[]): Reader<Choice> =>
  (option, value) => {
    checkChoice(option, value, choices)
    return value as Choice
  }

const list =
  <Item>(read: Reader<Item>): Reader<Item[]> =>
  (option, value) => {
    if (!Array.isArray(value)) throw new SessionConfigError(option, 'must be a list')
    return value.map((item) => read(option, item))
  }

// Kong Manager's page writes `strict`, the schema of the plugin `Strict`.
const sameSite: Reader<(typeof SAME_SITES)[number]> = (option, value) => {
  const found = SAME_SITES.find((choice) => typeof value === 'string' && choice.toLowerCase() === value.toLowerCase())
  if (found) return found
  const hint = value === 'off' ? ': Kong 3.2 made Lax of it' : ''
  throw new SessionConfigError(option, `must be one of ${SAME_SITES.join(', ')}, and is ${shown(value)}${hint}`)
}

// lua-resty-session also accepts underscores.
const header: Reader<SessionHeader> = (option, value) =>
  oneOf(...HEADERS)(option, typeof value === 'string' ? value.replaceAll('_', '-') : value)

/** A reader for each type of value. */
export const readers = {
  text,
  flag,
  seconds,
  sameSite,
  oneOf,
  listOf: <Choice extends string>(...choices: Choice[]) => list(oneOf(...choices)),
  headers: list(header),
}
