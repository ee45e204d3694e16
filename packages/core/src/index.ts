export type { HttpCarrier } from './lib/carrier'
export type { Clock } from './lib/clock'
export type { SessionCodec } from './lib/codec'
export type { CookieOptions } from './lib/cookie'
export type { Description } from './lib/describe'
export type { SessionErrorCode } from './lib/errors'
export {
  isSessionError,
  SessionConfigError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionStoreError,
  SessionUsageError,
} from './lib/errors'
export type { SessionCounters, SessionEvent } from './lib/events'
export { type IsLogout, type LogoutTriggers, logoutTriggers } from './lib/logout'
export { createSessionManager, type SessionManager } from './lib/manager'
export { type MemoryRevocationsOptions, memoryRevocations } from './lib/memory-revocations'
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './lib/memory-store'
export type { RememberOptions, SessionManagerOptions, TimeoutOptions } from './lib/options'
export type { SessionOutcome } from './lib/persistence'
export { type PresetName, presets } from './lib/presets'
export type { BindTrait } from './lib/record'
export type { Secret } from './lib/secrets'
export type { LoginOptions, Session } from './lib/session'
export { forwardedHeaders, type HeaderMap, type SessionHeader, sessionHeaders } from './lib/session-headers'
export type {
  ExpiredCleanup,
  Revocation,
  RevocationStore,
  SessionStore,
  StoredSession,
  SubjectIndex,
  SubjectLimit,
} from './lib/store'
export type { Cleanup, Page, SealedRevocation, SessionSummary, StoredRevocation, SubjectSessions } from './lib/subjects'
