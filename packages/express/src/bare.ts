export { type ExpressSessionOptions, expressSession } from './express-session'
