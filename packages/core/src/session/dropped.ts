import type { ChangeDroppedEvent } from '../events/events'
import type { RequestState } from './state'

// Changes to `data` that no response stores are reported, never lost in silence.

/** Reports the changes that this response does not keep, each key once. */
export function reportDropped(state: RequestState): void {
  const { engine, session } = state
  const keys = newKeys(state)
  if (keys.length === 0) return
  const event = { type: 'change-dropped', id: session?.record.id, keys, reason: reasonOf(state) } as const
  engine.context.report(event, session?.record)
}

/** The error path has the reason why these changes are not stored, so no event has to say so. */
export function countAsReported(state: RequestState): void {
  newKeys(state)
}

/**
 * The response is over, and a handler works on: reports what it changes in `data` from now on. Called before each access; the
 * change follows in the same turn. What a method stores that is called in the same turn is not lost.
 */
export function watchLateChanges(state: RequestState): void {
  if (!state.isOver || state.isWatched) return
  state.isWatched = true
  const look = async () => {
    await undefined
    while (state.running) await state.running
    state.isWatched = false
    reportDropped(state)
  }
  state.engine.context.background.run(look())
}

function newKeys(state: RequestState): string[] {
  const keys = state.working.changedKeys().filter((key) => !state.reported?.has(key))
  if (keys.length > 0) state.reported = new Set([...(state.reported ?? []), ...keys])
  return keys
}

function reasonOf({ carrier, isWithheld }: RequestState): ChangeDroppedEvent['reason'] {
  if (isWithheld) return 'withheld'
  if (carrier.headersSent) return 'headers-sent'
  return carrier.aborted ? 'aborted' : 'status'
}
