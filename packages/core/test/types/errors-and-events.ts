// Compiled by types.test.ts, never run: what must compile does, and what must not is marked.
import {
  isSessionError,
  type SessionError,
  type SessionErrorCode,
  type SessionErrorsByCode,
  type SessionEvent,
  type SessionStoreError,
} from '@sojourn/session-core'

declare const error: unknown

// A code narrows to its class.
if (isSessionError(error, 'ERR_STORE_UNAVAILABLE')) {
  const known: [string, string | undefined, unknown, 503 | number] = [
    error.operation,
    error.sessionId,
    error.cause,
    error.statusCode,
  ]
  void known
  // @ts-expect-error only a SessionConfigError names an option
  error.option
}
if (isSessionError(error, 'ERR_SESSION_CONFIG')) error.option.toUpperCase()
if (isSessionError(error, 'ERR_SESSION_ENDED')) {
  const code: 'ERR_SESSION_ENDED' = error.code
  void code
}

// Without a code, `code` tells the classes apart, and the set is closed.
export function statusOf(thrown: unknown): string | undefined {
  if (!isSessionError(thrown)) return undefined
  const base: SessionError = thrown
  void base
  switch (thrown.code) {
    case 'ERR_SESSION_CONFIG':
      return thrown.option
    case 'ERR_STORE_CONFLICT':
    case 'ERR_STORE_UNAVAILABLE':
      return thrown.operation
    default:
      // @ts-expect-error the others have no operation
      return thrown.operation
  }
}

// @ts-expect-error there is no such code
isSessionError(error, 'ERR_SESSION_GONE')

// Every code has a class whose `code` it is.
type Mismatch = { [Code in SessionErrorCode]: Code extends SessionErrorsByCode[Code]['code'] ? never : Code }
const none: Mismatch[SessionErrorCode][] = []
const store: SessionStoreError = {} as SessionErrorsByCode['ERR_STORE_CONFLICT']

// `type` tells the events apart.
export function told(event: SessionEvent): string | undefined {
  switch (event.type) {
    case 'expired':
      return `${event.id} ${event.reason}`
    case 'rejected':
      return event.id ?? event.reason
    case 'duplicate':
      return event.ids.join()
    case 'withheld':
      return undefined
    case 'import-skipped':
      return event.reason
    case 'change-dropped':
      return event.keys.join()
    case 'store-failed':
    case 'store-slow':
      return event.operation
    case 'cookie-not-kept':
    case 'config-warning':
      return event.message
    default:
      return event.id
  }
}

declare const event: SessionEvent
// @ts-expect-error a duplicate has two ids
event.id
// @ts-expect-error there is no such event
if (event.type === 'gone') void 0

export { none, store }
