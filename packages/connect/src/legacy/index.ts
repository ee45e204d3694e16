// Also built into session-compat, under the name #legacy: both read the rows of the stores before.
export { type LegacyRows, type LegacySession, legacyRows } from './legacy-rows'
export { type PostgresRowsOptions, postgresRows, type QueryRunner } from './postgres-rows'
export { type RedisReader, type RedisRowsOptions, redisRows } from './redis-rows'
