/** Session library and store of a server in the section `http`. */
export interface HttpServerOptions {
  name: 'none' | 'Sojourn' | 'express-session' | 'iron-session'
  store: 'none' | 'memory' | 'cookie' | 'Redis' | 'Postgres'
}
