import { memoryStore } from '@sojourn/session-core'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { aloneSteps, type Step, TheftMachine, theftSteps } from './theft-model'

/** The same sequences each time, other ones where their number is given. */
const runs = process.env.SOJOURN_MODEL_RUNS
  ? { numRuns: Number(process.env.SOJOURN_MODEL_RUNS) }
  : { numRuns: 300, seed: 1 }
const machine = () => new TheftMachine('ada', memoryStore())

describe('one session and its remember-me', () => {
  it('stay with a victim who is alone, however many responses are lost', async () => {
    const property = fc.asyncProperty(aloneSteps, async (steps: Step[]) => {
      const alone = machine()
      await alone.run(steps, (step) => alone.expectLoggedIn(step))
    })
    await fc.assert(property, runs)
  })

  it('stay with no thief after recognition, logout, revoke or revokeAll', async () => {
    const property = fc.asyncProperty(theftSteps, (steps: Step[]) => machine().run(steps, async () => {}))
    await fc.assert(property, runs)
  })
})
