export { type KoaSessionOptions, koaSession, type SessionData } from './koa-session'
