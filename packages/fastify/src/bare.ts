export { type FastifySessionOptions, fastifySession } from './fastify-session'
export { requireFresh, sameOriginOnly } from './guards'
