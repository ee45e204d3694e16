export type { RedisClient } from './lib/client'
export type { RedisOptions } from './lib/options'
export { redisRevocations } from './lib/revocations'
export { redisStore } from './lib/store'
