/** How long a clean-up is attempted while the store fails, in milliseconds. */
const RETRY_FOR = 60_000
/** The wait between two attempts doubles from the first to the longest, in milliseconds. */
const FIRST_WAIT = 50
const LONGEST_WAIT = 1000
/** The most clean-ups that wait. Beyond it the oldest is dropped: its row stays until it expires. */
const MAX_WAITING = 10_000

/** `insists`: ask the store even if its circuit breaker is open. */
type Attempt = (insists: boolean) => Promise<unknown>

interface CleanUp {
  readonly attempt: Attempt
  readonly until: number
}

/** Work that no response waits for. */
export class Background {
  private readonly pending = new Set<Promise<unknown>>()
  private readonly cleanUps: CleanUp[] = []
  private isDraining = false
  /** Whether the next attempt is the first one of a drain. */
  private isFirstOfDrain = false
  private wake: (() => void) | undefined

  /** Lets work continue. It must not reject. */
  run(work: Promise<unknown>): void {
    this.pending.add(work)
    work.finally(() => this.pending.delete(work))
  }

  /**
   * Cleans up after an operation that failed half-way. Repeats `attempt` until it succeeds, for a minute, one clean-up at a
   * time: while the store is down, that is one call after another, so the attempts insist. While draining, the first one does:
   * where it fails, a long queue must not wait for a store that is down.
   */
  cleanUp(attempt: Attempt): void {
    if (this.cleanUps.length === MAX_WAITING) this.cleanUps.shift()
    this.cleanUps.push({ attempt, until: performance.now() + RETRY_FOR })
    if (this.cleanUps.length === 1) this.run(this.work())
  }

  /** Resolves when no work is left. A clean-up that waits is attempted at once, for the last time. */
  async drained(): Promise<void> {
    this.isDraining = true
    this.isFirstOfDrain = true
    this.wake?.()
    while (this.pending.size > 0) await Promise.all(this.pending)
    this.isDraining = false
  }

  private async work(): Promise<void> {
    for (let wait = FIRST_WAIT; this.cleanUps[0]; ) {
      const current = this.cleanUps[0]
      // One that was under way when the drain began gets another attempt: the store may have come back since.
      const isLast = this.isDraining
      const insists = !isLast || this.isFirstOfDrain
      if (isLast) this.isFirstOfDrain = false
      try {
        await current.attempt(insists)
        wait = FIRST_WAIT
        this.remove(current)
      } catch {
        this.remove(current)
        if (isLast || performance.now() > current.until) continue
        this.cleanUps.push(current)
        if (!this.isDraining) await this.pause(wait)
        wait = Math.min(wait * 2, LONGEST_WAIT)
      }
    }
  }

  private remove(cleanUp: CleanUp): void {
    const index = this.cleanUps.indexOf(cleanUp)
    if (index >= 0) this.cleanUps.splice(index, 1)
  }

  /** Does not keep the process alive, and ends early when the work is drained. */
  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve
      const timer = setTimeout(resolve, ms)
      // Timers of workers and browsers have no unref, and do not need it.
      ;(timer as { unref?(): void }).unref?.()
    })
    this.wake = undefined
  }
}
