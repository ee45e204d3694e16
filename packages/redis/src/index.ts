export type { RedisClient } from './client'
export type { RedisOptions } from './options'
export { redisRevocations } from './redis-revocations'
export { redisStore } from './redis-store'
