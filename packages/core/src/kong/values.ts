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
  if (value === '') throw new SessionConfigError(option, 'is empty: remove the key for its default')
  return value as string
}

/** Its messages never quote the value. */
const secret: Reader<string> = (option, value) => {
  if (value === '') throw new SessionConfigError(option, 'is empty. Generate one: openssl rand -base64 48')
  const read = text(option, value)
  if (/^\{vault:\/\/.*\}$/s.test(read)) {
    throw new SessionConfigError(
      option,
      'is a vault reference, and only Kong can read its vaults: resolve the vault reference first',
    )
  }
  if (/^<.*>$/s.test(read))
    throw new SessionConfigError(option, 'is a placeholder. Generate one: openssl rand -base64 48')
  return read
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
  const hint =
    value === 'off'
      ? '. Different domains need None (with https) or, for sub-domains of one site, Strict with cookie_domain'
      : ''
  throw new SessionConfigError(option, `must be one of ${SAME_SITES.join(', ')}, and is ${shown(value)}${hint}`)
}

// lua-resty-session also accepts underscores.
const header: Reader<SessionHeader> = (option, value) =>
  oneOf(...HEADERS)(option, typeof value === 'string' ? value.replaceAll('_', '-') : value)

/** A reader for each type of value. */
export const readers = {
  text,
  secret,
  flag,
  seconds,
  sameSite,
  oneOf,
  listOf: <Choice extends string>(...choices: Choice[]) => list(oneOf(...choices)),
  headers: list(header),
}
