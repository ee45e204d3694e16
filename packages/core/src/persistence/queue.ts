/**
 * Runs the jobs of each key one after another, those of different keys in parallel. So within a process the writes to one
 * session never compete. Each job is given the result of the job before it, if that is still waiting to be used.
 * A job must end by itself, or it blocks those behind it.
 */
export class KeyedQueue<Result> {
  private readonly tails = new Map<string, Promise<Result>>()

  async run(key: string, job: (previous: Result | undefined) => Promise<Result>): Promise<Result> {
    const before = this.tails.get(key)
    // The result of a failed job is unknown, so the next job starts without one.
    const current = before ? before.then(job, () => job(undefined)) : job(undefined)
    this.tails.set(key, current)
    try {
      return await current
    } finally {
      if (this.tails.get(key) === current) this.tails.delete(key)
    }
  }
}
