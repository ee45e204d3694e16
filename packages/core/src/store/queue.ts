/**
 * Runs the jobs of each key one after another, those of different keys in parallel. So within a process the writes to one
 * session never compete. Each job is given the result of the job before it, if that is still waiting to be used.
 */
export class KeyedQueue<Result> {
  /** Each resolves when its job, and all before it, are done. */
  private readonly tails = new Map<string, Promise<Result | undefined>>()

  /** `waitForTurn` awaits the jobs before this one. If it rejects, so does `run`, and the job does not run. */
  constructor(private readonly waitForTurn: (turn: Promise<unknown>, key: string) => Promise<unknown>) {}

  async run(key: string, job: (previous: Result | undefined) => Promise<Result>): Promise<Result> {
    const before = this.tails.get(key)
    const current = before ? this.waitForTurn(before, key).then(async () => job(await before)) : job(undefined)
    // The result of a failed job is unknown, so the next job starts without one.
    const result = current.catch(() => undefined)
    const tail = before ? before.then(() => result) : result
    this.tails.set(key, tail)
    try {
      return await current
    } finally {
      if (this.tails.get(key) === tail) this.tails.delete(key)
    }
  }
}
