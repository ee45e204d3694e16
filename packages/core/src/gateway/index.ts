export { type IsLogout, type LogoutTriggers, logoutTriggers } from './logout-triggers'
export { forwardedHeaders, type HeaderMap, type SessionHeader, sessionHeaders } from './session-headers'
