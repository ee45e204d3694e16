/** Options of other session libraries that have no counterpart here: whose they are, and what takes their place. */
const WITHOUT_COUNTERPART: Readonly<Record<string, readonly [library: string, instead: string]>> = {
  __proto__: null as never,
  resave: ['express-session', 'leave it out: an unchanged session is not written'],
  saveUninitialized: ['express-session', 'leave it out: an empty session is not stored and sets no cookie'],
  unset: ['express-session', 'leave it out, and end a session with await session.destroy()'],
  genid: ['express-session', 'leave it out: ids have 128 random bits'],
  proxy: ['express-session', 'leave it out, and set trust proxy of the framework'],
  idGenerator: ['@fastify/session', 'leave it out: ids have 128 random bits'],
  cookiePrefix: ['@fastify/session', 'leave it out: the cookie is a token of ours'],
  renew: ['koa-session', 'leave it out: tokens are renewed after timeouts.renewAfter'],
  autoCommit: ['koa-session', 'leave it out: await session.save() writes earlier than the response'],
  beforeSave: ['koa-session', 'leave it out: change session.data in a handler'],
  valid: ['koa-session', 'leave it out, and end a session with await session.destroy()'],
  externalKey: ['koa-session', 'leave it out, and pass a store'],
  ContextStore: ['koa-session', 'leave it out, and pass a store'],
  overwrite: ['cookie-session', 'leave it out: one response sets the cookie once'],
  signed: ['cookie-session', 'leave it out: the cookie is sealed, or a token that is checked'],
}

/** What to say of an option that another library has, and we do not; undefined for any other. */
export function insteadOf(name: string, value: unknown): string | undefined {
  if (name === 'rolling' && typeof value === 'boolean') {
    return 'is an option of express-session; leave it out: every request moves the end of timeouts.idle'
  }
  const found = WITHOUT_COUNTERPART[name]
  return found && `is an option of ${found[0]}; ${found[1]}`
}
