import {
  createSessionManager,
  isSessionError,
  type SessionConfigError,
  type SessionManagerOptions,
} from '@sojourn/session-core'

/** Returns the error that createSessionManager throws for these options. Throws if it accepts them. */
export function refusal(options: unknown): SessionConfigError {
  try {
    createSessionManager(options as SessionManagerOptions)
  } catch (error) {
    if (isSessionError(error, 'ERR_SESSION_CONFIG')) return error
    throw error
  }
  throw new Error('the options were accepted')
}
