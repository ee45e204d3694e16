import { encode } from './encoding'

/**
 * The names of the keys that this package uses in Redis, all of them under `prefix`.
 *
 * The index and the limit of a subject have the same hash tag, so a Cluster keeps them in one hash slot.
 */
export function keysUnder(prefix: string) {
  // The colon keeps the hash tag from being empty, and from ending early if the subject key begins with a brace.
  const hashTag = (subjectKey: string) => `{:${encode(subjectKey)}}`
  return {
    session: (id: string) => `${prefix}session:${encode(id)}`,
    index: (subjectKey: string) => `${prefix}index:${hashTag(subjectKey)}`,
    limit: (subjectKey: string) => `${prefix}limit:${hashTag(subjectKey)}`,
    revocation: (key: string) => `${prefix}revocation:${encode(key)}`,
  }
}

/** The result of {@link keysUnder}. */
export type Keys = ReturnType<typeof keysUnder>
