/** Who has claimed an old session, and what has followed it. */
export interface Claim {
  /** The successor that the claim has decided. Undefined for a session that was ended before it was imported. */
  readonly successor: string | undefined
  /** When it was claimed, epoch ms. */
  readonly since: number
  /** Whether its session has begun: if that is gone, it has ended. */
  readonly begun: boolean
}

/** An old session that is claimed. */
export interface Claimable {
  /** The name of its source. */
  readonly source: string
  readonly key: string
  /** How long the claim must be kept, epoch ms. */
  readonly until: number
  /** Whether it belongs to a subject. */
  readonly isOwned: boolean
}

/** What was done to a subject, epoch ms. */
export interface Mark {
  readonly revoked?: number | undefined
  readonly logout?: number | undefined
}

/** Claims on old sessions and marks of subjects. They are kept as long as the import is open, within the time limit of a request. */
export interface Claims {
  call<T>(operation: string, run: () => Promise<T>): Promise<T>
  find(source: string, key: string): Promise<Claim | undefined>
  /** Claims a session for a successor, or for none. Yields the claim of another request if that came first. */
  claim(session: Claimable, successor: string | undefined): Promise<Claim | undefined>
  /** Notes that the session has begun. */
  begun(claim: Claim): Promise<unknown>
  /** Leaves the claim without a successor: its session was ended before it began. */
  close(claim: Claim): Promise<unknown>
  /** Marks a subject. */
  mark(subject: string, because: keyof Mark, until: number): Promise<void>
  marksOf(subject: string): Promise<Mark>
}
