export { requireFresh, sameOriginOnly } from './guards'
export { type KoaSessionOptions, koaSession } from './koa-session'
