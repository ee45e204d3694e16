/**
 * Runs the jobs of each key one after another, those of different keys side by side. Within a process, writes to one
 * session then never contend; each job is handed what the one before it left behind, if that is still waiting to be used.
 * `within` bounds how long a job waits and works: one that never ends, ends for those behind it when its time is up.
 */
export class KeyedQueue<Left> {
  private readonly tails = new Map<string, Promise<Left>>()

  async run(
    key: string,
    job: (left: Left | undefined) => Promise<Left>,
    within: (work: () => Promise<Left>) => Promise<Left>,
  ): Promise<void> {
    const before = this.tails.get(key)
    // What a failed job left behind is not known, so the next one begins without.
    const mine = within(() => (before ? before.then(job, () => job(undefined)) : job(undefined)))
    this.tails.set(key, mine)
    try {
      await mine
    } finally {
      if (this.tails.get(key) === mine) this.tails.delete(key)
    }
  }
}
