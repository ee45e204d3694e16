export {
  type LegacyRows,
  type LegacySession,
  type PostgresRowsOptions,
  postgresRows,
  type QueryRunner,
  type RedisReader,
  type RedisRowsOptions,
  redisRows,
} from '#legacy'
export { type ConnectSidOptions, connectSid } from './connect-sid'
export { type ForeignOptions, foreign } from './foreign'
export { importFrom } from './import-from'
export { type IronSessionOptions, ironSession } from './iron-session'
export { type KeygripCookieOptions, keygripCookie } from './keygrip-cookie'
export type { OldCookie, OldData, OldSession, SessionSource, SourceOptions, SourceSettings } from './source'
