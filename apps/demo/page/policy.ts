import { effect, signal } from '@preact/signals'
import type { Audit } from '@sojourn/session-cli'
import { send } from './api'
import { about, currentStorage } from './state'

/** The policy of the chosen storage and how it stands to the standards; undefined until it has come, or if the storage is missing. */
export const audit = signal<Audit | undefined>(undefined)

/** Asks for the policy now, and whenever the storage or the clocks have changed. */
export function followPolicy(): void {
  effect(() => {
    const { name, problem } = currentStorage.value ?? {}
    // Read, so that new clocks are a reason to ask again.
    void about.value.timeouts
    if (name !== undefined && problem === undefined) void load(name)
    else audit.value = undefined
  })
}

async function load(storage: string): Promise<void> {
  // If the demo does not answer, the page says so elsewhere.
  const reply = await send<Audit>('GET', `/demo/policy?storage=${storage}`).catch(() => undefined)
  if (reply?.status === 200 && storage === currentStorage.peek()?.name) audit.value = reply.json as Audit
}
