import type { SessionManager } from '@sojourn/session-core'

/**
 * Checks the arguments of an adapter, so that a mistake shows at start-up and not at the first request. `call` is the name
 * that users write, `known` are the names of its options; without `known`, options are not checked.
 * @throws TypeError if `sessions` is not a manager (another library's options, for example), and for an unknown option.
 * @example checkMount('expressSession', sessions, options, ['property', 'skip'])
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
