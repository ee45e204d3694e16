import type { Sessions } from '../configuration'
import { CliError } from '../terminal'

/**
 * Looks for sessions in the store, and refuses to say that there are none where rows do not open: another secret has sealed them.
 * Beside sessions that do open, such rows are of a secret that the application has given up.
 */
export async function opened<T extends boolean | readonly unknown[]>(
  sessions: Sessions,
  look: () => Promise<T>,
): Promise<T> {
  const unopened = () => sessions.counters().events.rejected
  const before = unopened()
  const found = await look()
  const isNothing = found === false || (Array.isArray(found) && found.length === 0)
  if (!isNothing || unopened() === before) return found
  throw new CliError('What the store has does not open. Compare the secret with that of the server')
}
