import type { SessionManager } from '@sojourn/session-core'

/**
 * Checks what an adapter is mounted with, so that a mistake shows at start-up and not at the first request. `call` is what
 * the adapter's users write: `expressSession`.
 * @throws TypeError for what is no manager (another library's options, for one), and for an option that does not exist.
 */
export function checkMount(call: string, sessions: unknown, options: object = {}, known?: readonly string[]): void {
  if (typeof (sessions as SessionManager | undefined)?.open !== 'function') {
    throw new TypeError(`${call} takes the manager that createSessionManager(options) returns.`)
  }
  for (const option of known ? Object.keys(options) : []) {
    if (known?.includes(option)) continue
    throw new TypeError(`${call} has no option ${option}; known are ${known?.join(', ')}.`)
  }
}
