import { encode } from './encoding'

/** The names of the keys that this package uses in Redis, all of them under `prefix`. */
export function keysUnder(prefix: string) {
  return {
    session: (id: string) => `${prefix}session:${encode(id)}`,
    index: (subjectKey: string) => `${prefix}index:${encode(subjectKey)}`,
    limit: (subjectKey: string) => `${prefix}limit:${encode(subjectKey)}`,
    revocation: (key: string) => `${prefix}revocation:${encode(key)}`,
  }
}

/** The result of {@link keysUnder}. */
export type Keys = ReturnType<typeof keysUnder>
