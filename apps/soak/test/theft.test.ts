import { it } from 'vitest'
import {
  aloneSteps,
  type Step,
  sample,
  TheftMachine,
  theftSteps,
} from '../../../packages/core/test/persistence/theft-model'
import { openStore, type StoreSettings } from '../src/store'
import { onServers } from './on-servers'

/** How many random sequences each test follows: here enough to see a hole, in the soak run enough to trust that there is none. */
const ROUNDS = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'soak' ? 20_000 : 150
const TOGETHER = 50

function keepTheirSession(settings: StoreSettings): void {
  let subjects = 0

  /** Follows random steps, many sequences at a time, each with a subject of its own. */
  async function follow(
    steps: typeof aloneSteps,
    follows: (machine: TheftMachine, steps: Step[]) => Promise<void>,
  ): Promise<void> {
    const store = openStore(settings)
    try {
      for (let done = 0; done < ROUNDS; done += TOGETHER) {
        const runs = sample(steps, TOGETHER, done + 1).map(async (sequence) => {
          const machine = new TheftMachine(`subject ${++subjects}`, store.store, Date.now())
          await follows(machine, sequence).catch((error: unknown) => {
            throw new Error(`${error} after ${JSON.stringify(sequence)}`)
          })
        })
        await Promise.all(runs)
      }
    } finally {
      await store.close()
    }
    console.log(`${settings.kind}: ${ROUNDS} random sequences`)
  }

  it('stays with a victim who is alone, however many responses are lost', async () => {
    await follow(aloneSteps, (machine, steps) => machine.run(steps, (step) => machine.expectLoggedIn(step)))
  }, 3_000_000)

  it('stays with no thief after recognition, logout, revoke or revokeAll', async () => {
    await follow(theftSteps, (machine, steps) => machine.run(steps, async () => {}))
  }, 3_000_000)
}

await onServers('one session and its remember-me', keepTheirSession)
