export type { KongConf, KongFormerConf, KongSessionConf } from './lib/kong/conf'
export { type KongSession, kongSession } from './lib/kong/kong-session'
