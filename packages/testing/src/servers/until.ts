import { setTimeout as delay } from 'node:timers/promises'

/** How long a server may take for a step, in ms, before it counts as failed. */
export const STEP_TIMEOUT_MS = 20_000

/** Resolves once the condition holds, asked anew every 10 ms. Rejects with what the condition throws, or with `failure` once patience is out. */
export async function until(condition: () => Promise<boolean>, failure: () => string): Promise<void> {
  const deadline = Date.now() + STEP_TIMEOUT_MS
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(failure())
    await delay(10)
  }
}
