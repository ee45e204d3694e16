export { type KoaSessionOptions, koaSession } from './koa-session'
