export {
  type FastifySessionOptions as CompatSessionOptions,
  fastifySession as compatSession,
} from '@sojourn/session-fastify/bare'
