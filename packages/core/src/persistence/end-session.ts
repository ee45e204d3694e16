import type { SessionRecord } from '../record/record'
import type { Context } from './context'

/** What must end together. Without `id`, the session itself goes on. */
export interface Ending extends Partial<Pick<SessionRecord, 'id' | 'rememberedBy' | 'audiences'>> {
  /** Another session that was restored with the same remember-me, by a client that has its token as well. */
  readonly restored?: string | undefined
}

/**
 * Ends a session and what belongs to it, by `remove`, which tells whether there was something to remove. Every way to end
 * a session leads here, because the order matters: first the remember-me, which could restore the session in between.
 * Yields whether the session with `id` was there.
 */
export async function endSession(
  { rememberedBy, restored, id }: Ending,
  type: 'destroyed' | 'revoked',
  { events }: Context,
  remove: (id: string) => Promise<boolean>,
): Promise<boolean> {
  if (rememberedBy) await remove(rememberedBy)
  let ended = false
  for (const session of [restored, id]) {
    ended = session !== undefined && (await remove(session))
    if (session && ended) events.emit({ type, id: session })
  }
  return ended
}
