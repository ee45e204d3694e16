import {
  createSessionManager,
  isSessionError,
  type SessionConfigError,
  type SessionManagerOptions,
} from '@sojourn/session-core'

/** The error that a manager's options are refused with, whatever their type. */
export function refusal(options: unknown): SessionConfigError {
  try {
    createSessionManager(options as SessionManagerOptions)
  } catch (error) {
    if (isSessionError(error, 'ERR_SESSION_CONFIG')) return error
    throw error
  }
  throw new Error('they were accepted')
}
