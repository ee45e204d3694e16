/** Why there is no server, and how to get one. Tests that need it are skipped with this reason. */
export interface Unavailable {
  /** False: there is none. */
  readonly available: false
  /** Why, and what to do, as one line. */
  readonly reason: string
}

export const unavailable = (reason: string): Unavailable => ({ available: false, reason })
