import type { SessionSummary } from '@sojourn/session-core'
import { instant, printable } from '../terminal'

/** What a command answers: one value with `--json`, lines without it. */
export interface Answer {
  readonly value: unknown
  readonly lines: Iterable<string>
  /** The exit code. 1: the answer is that there is a problem. */
  readonly code: 0 | 1 | 2
}

/** A value as JSON. JSON has no Infinity: a clock that is off is null. */
export const json = (value: unknown): string => JSON.stringify(value, null, 2)

/** One session of a list, as a line. */
export function sessionLine({ id, label, createdAt, lastActiveAt, expiresAt }: SessionSummary): string {
  const times = `began ${instant(createdAt)}, active ${instant(lastActiveAt)}, ends ${instant(expiresAt)}`
  return `${id}  ${times}${label === undefined ? '' : `  ${printable(label)}`}`
}
