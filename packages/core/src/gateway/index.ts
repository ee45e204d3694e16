export { type IsLogout, type LogoutTriggers, logoutTriggers } from './logout-triggers'
export { forwardedHeaders, type HeaderRecord as HeaderMap, type SessionHeader, sessionHeaders } from './session-headers'
