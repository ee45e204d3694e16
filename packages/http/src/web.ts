export { requireFresh } from './require-fresh'
export { sameOriginOnly, type WebTarget } from './web-same-origin'
export { type WebSessionOptions, webSession } from './web-session'
