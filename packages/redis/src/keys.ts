import { encode } from './encoding'

/** The names of our keys in Redis. The index and the order of a subject share a slot of a Cluster, for one script uses both. */
export function namesUnder(prefix: string) {
  // The colon after the brace: a hash tag must not be empty, and a subject key may begin with a closing brace.
  const tagged = (subjectKey: string) => `{:${encode(subjectKey)}}`
  return {
    row: (id: string) => `${prefix}row:${encode(id)}`,
    index: (subjectKey: string) => `${prefix}index:${tagged(subjectKey)}`,
    order: (subjectKey: string) => `${prefix}order:${tagged(subjectKey)}`,
    mark: (key: string) => `${prefix}mark:${encode(key)}`,
  }
}

export type Names = ReturnType<typeof namesUnder>
