export { type Certificate, createCertificate } from './servers/certificate'
export type { FaultMode, SetTimer } from './servers/fault-link'
export { type CapturedRequest, type FaultProxy, type FaultProxyOptions, faultProxy } from './servers/fault-proxy'
export { type PgBouncerOptions, startPgBouncer } from './servers/pgbouncer'
export { freePort } from './servers/ports'
export { startPostgres } from './servers/postgres'
export {
  findChromium,
  findPgBouncer,
  findPostgres,
  findRedisServer,
  findValkey,
  type Program,
  type ProgramSearch,
} from './servers/program'
export { startRedis } from './servers/redis'
export { type OwnRedisCluster, type RedisCluster, startRedisCluster } from './servers/redis-cluster'
export type {
  AnyServerOptions,
  LaunchOptions,
  OwnClusterOptions,
  OwnRedisOptions,
  OwnServer,
  OwnServerOptions,
  Server,
} from './servers/server'
export type { Unavailable } from './servers/unavailable'
export { type ServerTestRunner, withServer } from './servers/with-server'
