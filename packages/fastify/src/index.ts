export { type FastifySessionOptions, fastifySession, type SessionData } from './fastify-session'
