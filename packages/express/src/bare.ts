export { type ExpressSessionOptions, expressSession } from './express-session'
export { type ExpressSameOriginOptions, requireFresh, sameOriginOnly } from './guards'
