export { type WebSessionOptions, webSession } from './web-session'
