import type { SessionManager } from '@sojourn/session-core'
import { checkKnown, own, SessionConfigError, SessionUsageError } from '#check'

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

/**
 * The error for a request that has something under the adapter's property already.
 * @example if (property in req) return next(alreadyOpen(`req.${property} exists already: mount expressSession once.`))
 */
export const alreadyOpen = (message: string) => new SessionUsageError('ERR_SESSION_ALREADY_OPEN', message)
