export type { KongConf, KongFormerConf, KongSessionConf } from './conf'
export { type KongSession, kongSession } from './kong-session'
