import type { ExpiredCleanup } from '@sojourn/session-core'

/** What {@link BackgroundCleanup.startCleanup} can be told. */
export interface CleanupOptions {
  /** Seconds between two runs, give or take a quarter, so that processes started together drift apart. Default 300. */
  every?: number
  /** The most rows per statement; full batches follow one another at once. Default 1000. */
  batch?: number
  /** Is given what a run failed with; the next run comes all the same. What this throws is dropped. */
  onError: (error: unknown) => void
  /** The clock that tells which rows have expired, epoch ms. Default `Date.now`. */
  clock?: () => number
  /** Numbers from 0 to below 1 for the jitter. Default `Math.random`. */
  random?: () => number
}

/** What a store that cleans up in the background offers besides. */
export interface BackgroundCleanup {
  /**
   * Removes expired rows again and again, without keeping the process alive. Any number of processes may: they take
   * different rows. `stop` ends it, and resolves once the run in progress has ended and the pool can be closed.
   * @throws TypeError for an `every` that is no positive number, or a `batch` that is no positive whole number.
   */
  startCleanup(options: CleanupOptions): { stop(): Promise<void> }
}

export function backgroundCleanup({ deleteExpired }: ExpiredCleanup): BackgroundCleanup {
  return { startCleanup: (options) => start(deleteExpired, options) }
}

function start(deleteExpired: ExpiredCleanup['deleteExpired'], options: CleanupOptions) {
  const { every = 300, batch = 1000, onError, clock = Date.now, random = Math.random } = options
  if (!(every > 0 && every <= 86_400)) throw new TypeError('every: must be a number of seconds above 0, at most a day')
  if (!Number.isSafeInteger(batch) || batch < 1) throw new TypeError('batch: must be a whole number of at least 1')
  let stopped = false
  let run = Promise.resolve()
  let timer: ReturnType<typeof setTimeout>

  const removeAll = async () => {
    try {
      while (!stopped && (await deleteExpired(clock(), batch)) === batch);
    } catch (error) {
      try {
        onError(error)
      } catch {}
    }
    if (!stopped) schedule()
  }
  const schedule = () => {
    timer = setTimeout(
      () => {
        run = removeAll()
      },
      every * 1000 * (0.75 + random() / 2),
    )
    // Workers and browsers have no unref, and need none.
    ;(timer as { unref?(): void }).unref?.()
  }
  schedule()

  return {
    stop() {
      stopped = true
      clearTimeout(timer)
      return run
    },
  }
}
