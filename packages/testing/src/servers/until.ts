import { setTimeout as delay } from 'node:timers/promises'

/** Time limit for one step of a server, in ms. */
export const STEP_TIMEOUT_MS = 20_000

/** Resolves once the condition holds, checked every 10 ms. Rejects with the error of the condition, or with `failure` after {@link STEP_TIMEOUT_MS}. */
export async function until(condition: () => Promise<boolean>, failure: () => string): Promise<void> {
  const deadline = Date.now() + STEP_TIMEOUT_MS
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(failure())
    await delay(10)
  }
}
