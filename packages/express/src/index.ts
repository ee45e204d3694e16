export { type ExpressSessionOptions, expressSession, type SessionData } from './express-session'
