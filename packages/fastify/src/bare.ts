export { type FastifySessionOptions, fastifySession } from './fastify-session'
