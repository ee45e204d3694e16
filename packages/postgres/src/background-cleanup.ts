import type { ExpiredCleanup } from '@sojourn/session-core'
import { type OptionTable, ofType, readOptions, SessionConfigError, shown, wholeNumberFrom } from '#check'

/** Options of {@link BackgroundCleanup.startCleanup}. */
export interface CleanupOptions {
  /**
   * Seconds between two runs, above 0, at most 86 400. Each wait is up to a quarter shorter or longer, so that processes
   * that start together do not run together.
   * @default 300
   */
  every?: number
  /**
   * The most rows that one statement removes, at least 1. A full batch is followed by the next one at once.
   * @default 1000
   */
  batch?: number
  /** Called with the error of a run that failed. The next run follows as usual. An error that it throws is ignored. */
  onError: (error: unknown) => void
  /**
   * The clock that decides which rows have expired, epoch ms.
   * @default Date.now
   */
  clock?: () => number
  /**
   * Random numbers from 0 up to but not including 1, for the length of the waits.
   * @default Math.random
   */
  random?: () => number
}

/** A store that can remove expired rows in the background. */
export interface BackgroundCleanup {
  /**
   * Removes expired rows at intervals, without keeping the process alive. Any number of processes may do so at the same
   * time: they take different rows. `stop` ends it, and resolves when the run in progress is over and the pool may be
   * closed.
   * @throws SessionConfigError for an unknown option, an `every` that is not above 0 and at most 86 400, or a `batch` that is no whole number of at
   * least 1.
   * @example
   * const cleanup = store.startCleanup({ onError: console.error })
   * await cleanup.stop() // when the server stops
   */
  startCleanup(options: CleanupOptions): { stop(): Promise<void> }
}

const OPTIONS = {
  every: { kind: secondsOfADay, default: 300 },
  batch: { kind: wholeNumberFrom(1), default: 1000 },
  onError: { kind: ofType('function'), required: true },
  clock: { kind: ofType('function'), default: Date.now },
  random: { kind: ofType('function'), default: Math.random },
} satisfies OptionTable<CleanupOptions>

function secondsOfADay(option: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && value <= 86_400) return
  throw new SessionConfigError(option, `must be a number above 0, at most 86400, and is ${shown(value)}`)
}

/** Adds {@link BackgroundCleanup} to a store with {@link ExpiredCleanup}. */
export function backgroundCleanup({ deleteExpired }: ExpiredCleanup): BackgroundCleanup {
  return { startCleanup: (options) => start(deleteExpired, options) }
}

function start(deleteExpired: ExpiredCleanup['deleteExpired'], options: CleanupOptions) {
  const { every, batch, onError, clock, random } = readOptions('startCleanup.', options, OPTIONS)
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
    // Timers of workers and browsers have no unref, and do not need it.
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
