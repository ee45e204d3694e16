/** What a server of the section `http` is made of. */
export interface HttpKind {
  name: 'none' | 'Sojourn' | 'express-session' | 'iron-session'
  store: 'none' | 'memory' | 'cookie' | 'Redis' | 'Postgres'
}
