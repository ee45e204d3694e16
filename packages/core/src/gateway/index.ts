export { type ForwardedHeadersOptions, forwardedHeaders, type HeaderRecord } from './forwarded-headers'
export { type IsLogout, type LogoutTriggers, logoutTriggers } from './logout-triggers'
export { type SessionHeader, sessionHeaders } from './session-headers'
