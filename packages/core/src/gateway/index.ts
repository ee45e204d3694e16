export { type IsLogout, type LogoutTriggers, logoutTriggers } from './logout-triggers'
export { forwardedHeaders, type HeaderRecord, type SessionHeader, sessionHeaders } from './session-headers'
