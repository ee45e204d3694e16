import type { SessionManager } from '@sojourn/session-core'
import { checkKnown, own, SessionConfigError } from '#check'

/**
 * Checks the arguments of an adapter, so that a mistake shows at start-up and not at the first request. `call` is the name
 * that users write, `known` are the names of its options; without `known`, options are not checked.
 * @throws SessionConfigError if `sessions` is not a manager (another library's options, for example), and for an unknown
 * option.
 * Yields the options' own members.
 * @example const { property = 'session' } = checkMount('expressSession', sessions, options, ['property', 'skip'])
 */
export function checkMount<Options extends object>(
  call: string,
  sessions: unknown,
  options: Options,
  known?: readonly string[],
): Options {
  if (typeof (sessions as SessionManager | undefined)?.open !== 'function') {
    throw new SessionConfigError(`${call}.sessions`, 'must be the manager that createSessionManager(options) returns')
  }
  return known ? checkKnown(`${call}.`, options, known) : own(options)
}
