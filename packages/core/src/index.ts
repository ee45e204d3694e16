export type { SessionPolicy } from './config/describe'
export type {
  CookieModeOptions,
  LimitedStoreOptions,
  OptionalLimitOptions,
  OptionNeeds,
  OptionNotWith,
  SessionManagerOptions,
  SessionStoreOptions,
  StoreCookieOptions,
  StoreModeOptions,
} from './config/options-of-modes'
export { type PresetName, presets } from './config/presets'
export type {
  ImportedContent,
  ImportedSession,
  ImportRequest,
  ImportResult,
  ImportSettings,
  SessionImport,
  SessionImporter,
  TimeLimit,
} from './config/session-import'
export type { CircuitBreakerOptions, RememberOptions, SessionOptions, TimeoutOptions } from './config/session-options'

export type {
  NotFreshReason,
  SessionErrorCode,
  SessionErrorsByCode,
  SessionStoreErrorCode,
  SessionUsageErrorCode,
} from './errors'
export {
  isSessionError,
  SessionBusyError,
  SessionConfigError,
  SessionCrossOriginError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionNotFreshError,
  SessionStoreError,
  SessionUsageError,
  SessionWithheldError,
} from './errors'
export type { SessionCounters } from './events/counters'
export type {
  ChangeDroppedEvent,
  ClientMismatchEvent,
  ConfigWarningEvent,
  CookieNotKeptEvent,
  CookieWithheldEvent,
  DuplicateCookieEvent,
  ImportSkippedEvent,
  ImportSkippedReason,
  LoginLimitedEvent,
  SessionCreatedEvent,
  SessionDestroyedEvent,
  SessionEvent,
  SessionEventBase,
  SessionExpiredEvent,
  SessionIdEvent,
  SessionImportedEvent,
  SessionRegeneratedEvent,
  SessionRejectedEvent,
  SessionRenewedEvent,
  SessionRestoredEvent,
  SessionRevokedEvent,
  SessionTouchedEvent,
  SessionTouchSkippedEvent,
  StoreFailedEvent,
  StoreSlowEvent,
  SubjectLoginEvent,
  SubjectLogoutEvent,
  TokenReusedEvent,
  WriteConflictEvent,
} from './events/events'
export type {
  SessionCommitMessage,
  SessionMessage,
  SessionOpenMessage,
  SessionOperationMessage,
  SessionStoreMessage,
} from './events/messages'
export type { SessionOutcome } from './events/outcome'
export type { HttpCarrier } from './http/carrier'
export type { CookieOptions } from './http/cookie'
export type { SiteData } from './http/headers'
export { type OriginRequest, type SameOriginOptions, sameOriginOnly } from './http/same-origin'
export { createSessionManager, type SessionManager } from './manager'
export type {
  ListOptions,
  SealedRevocation,
  SessionSummary,
  StoreCheck,
  StoredRevocation,
  SubjectSessions,
} from './persistence/administration'
export { type FreshnessFacts, type FreshnessOptions, freshness } from './record/freshness'
export type { JsonData, JsonValue, NotJson } from './record/json-data'
export type { BindTrait } from './record/record'
export type { ClockName, SessionClock, SessionRemaining } from './record/timeouts'
export type { SessionCodec } from './seal/codec'
export type { SessionSecret } from './seal/keys'
export type {
  ExplainedClock,
  ExplainedCookie,
  ExplainedSession,
  ExplainOptions,
  Explanation,
} from './session/explain'
export type { ExplainedReason } from './session/explain-reason'
export type { LoginOptions, RegenerateOptions, Session } from './session/session'
export { type MemoryRevocationsOptions, memoryRevocations } from './store/memory-revocations'
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './store/memory-store'
export type {
  ExpiredCleanup,
  Revocation,
  RevocationEntry,
  RevocationStore,
  SessionStore,
  StoredSession,
  StoreHealth,
  StoreReport,
  SubjectIndex,
  SubjectLimit,
  SubjectPage,
} from './store/store'
