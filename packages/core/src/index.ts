export type { SessionPolicy as Description } from './config/describe'
export type { RememberOptions, SessionManagerOptions, TimeoutOptions } from './config/options'
export { type PresetName, presets } from './config/presets'
export type { SessionErrorCode } from './errors'
export {
  isSessionError,
  SessionConfigError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionStoreError,
  SessionUsageError,
} from './errors'
export type { SessionCounters, SessionEvent } from './events'
export type { HttpCarrier } from './http/carrier'
export type { CookieOptions } from './http/cookie'
export { createSessionManager, type SessionManager } from './manager'
export type {
  Cleanup,
  ListOptions as Page,
  SealedRevocation,
  SessionSummary,
  StoredRevocation,
  SubjectSessions,
} from './persistence/administration'
export type { SessionOutcome } from './persistence/persistence'
export type { SessionClock as Clock } from './record/clock'
export type { BindTrait } from './record/record'
export type { SessionCodec } from './seal/codec'
export type { SessionSecret as Secret } from './seal/keys'
export type { LoginOptions, Session } from './session/session'
export { type MemoryRevocationsOptions, memoryRevocations } from './store/memory-revocations'
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './store/memory-store'
export type {
  ExpiredCleanup,
  Revocation,
  RevocationStore,
  SessionStore,
  StoredSession,
  SubjectIndex,
  SubjectLimit,
} from './store/store'
