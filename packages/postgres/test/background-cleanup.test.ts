import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backgroundCleanup } from '../src/background-cleanup'

describe('background clean-up', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** A store whose deleteExpired answers with the given counts or errors in turn, then with 0. */
  function cleanup(...answers: (number | Error)[]) {
    const calls: [now: number, limit: number][] = []
    const store = backgroundCleanup({
      async deleteExpired(...call) {
        calls.push(call)
        const answer = answers.shift() ?? 0
        if (answer instanceof Error) throw answer
        return answer
      },
    })
    return { calls, store }
  }
  const onError = (error: unknown) => {
    throw error
  }

  it('runs at intervals that are up to a quarter shorter or longer, not earlier', async () => {
    for (const [random, seconds] of [
      [0, 75],
      [0.5, 100],
      [0.999_999, 125],
    ] as const) {
      const { calls, store } = cleanup()
      const running = store.startCleanup({ every: 100, batch: 7, onError, clock: () => 42, random: () => random })
      await vi.advanceTimersByTimeAsync(seconds * 1000 - 10)
      expect(calls).toEqual([])
      await vi.advanceTimersByTimeAsync(10)
      expect(calls).toEqual([[42, 7]])
      await vi.advanceTimersByTimeAsync(seconds * 1000)
      expect(calls.length).toBe(2)
      await running.stop()
    }
  })

  it('runs again at once after a full batch', async () => {
    const { calls, store } = cleanup(7, 7, 3)
    const running = store.startCleanup({ every: 100, batch: 7, onError })
    await vi.advanceTimersByTimeAsync(125_000)
    expect(calls.length).toBe(3)
    await running.stop()
  })

  it('reports an error and goes on, even if onError throws', async () => {
    const failures: unknown[] = []
    const { calls, store } = cleanup(new Error('first'), new Error('second'))
    const running = store.startCleanup({
      every: 100,
      random: () => 0.5,
      onError(error) {
        failures.push((error as Error).message)
        throw new Error('observer')
      },
    })
    await vi.advanceTimersByTimeAsync(300_000)
    expect(failures).toEqual(['first', 'second'])
    expect(calls.length).toBe(3)
    await running.stop()
  })

  it('stops for good, and stop resolves when the run in progress is over', async () => {
    const events: string[] = []
    let finish = (_: number) => {}
    const store = backgroundCleanup({
      deleteExpired: () => {
        events.push('run')
        return new Promise<number>((resolve) => {
          finish = resolve
        })
      },
    })
    const running = store.startCleanup({ every: 100, batch: 5, onError })
    await vi.advanceTimersByTimeAsync(125_000)
    const stopped = running.stop().then(() => events.push('stopped'))
    await vi.advanceTimersByTimeAsync(1_000_000)
    events.push('finish')
    finish(5)
    await stopped
    await vi.advanceTimersByTimeAsync(1_000_000)
    expect(events).toEqual(['run', 'finish', 'stopped'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not keep the process alive', () => {
    vi.useRealTimers()
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    const { store } = cleanup()
    const running = store.startCleanup({ onError })
    expect(timers()).toBe(before)
    void running.stop()
  })

  it('throws for an invalid option, and names it', () => {
    const { store } = cleanup()
    for (const every of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 86_401]) {
      expect(() => store.startCleanup({ every, onError })).toThrow(/^startCleanup\.every: /)
    }
    for (const batch of [0, -1, 1.5, Number.NaN]) {
      expect(() => store.startCleanup({ batch, onError })).toThrow(/^startCleanup\.batch: /)
    }
    expect(() => store.startCleanup({} as { onError: () => void })).toThrow('startCleanup.onError: is missing')
  })
})
