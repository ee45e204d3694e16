import { ApolloServer } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Step, serve, transcript } from './support/browser'
import { MIDDLEWARE, site } from './support/express-site'

// biome-ignore lint/suspicious/noExplicitAny: values of this site
type Bag = any
type Resolver = (parent: unknown, args: { item: string }, context: { req: { session: Bag } }) => unknown

const promised = (run: (done: (error?: unknown) => void) => void) =>
  new Promise<void>((resolve, reject) => run((error) => (error ? reject(error) : resolve())))

const typeDefs = `
  type Query { user: String, cart: [String!]! }
  type Mutation { add(item: String): [String!]!, login: String!, logout: String! }
`

const user: Resolver = (_, __, { req }) => req.session.user ?? null
const cart: Resolver = (_, __, { req }) => req.session.cart ?? []
const add: Resolver = (_, { item }, { req }) => {
  req.session.cart = [...(req.session.cart ?? []), item]
  return req.session.cart
}
const login: Resolver = async (_, __, { req }) => {
  await promised((done) => req.session.regenerate(done))
  req.session.user = 'ada'
  return 'in'
}
const logout: Resolver = async (_, __, { req }) => {
  await promised((done) => req.session.destroy(done))
  return String(req.session)
}

async function apolloSite(name: keyof typeof MIDDLEWARE): Promise<string> {
  const apollo = new ApolloServer<{ req: { session: Bag } }>({
    typeDefs,
    resolvers: { Query: { user, cart }, Mutation: { add, login, logout } },
    // The browser of these tests sends forms.
    csrfPrevention: false,
  })
  await apollo.start()
  onTestFinished(() => apollo.stop())
  const app = site(MIDDLEWARE[name](), (app) => {
    app.use('/graphql', expressMiddleware(apollo, { context: async ({ req }) => ({ req }) }))
  })
  return serve(app)
}

const post = (query: string): Step => ['/graphql', { query }]

const STEPS: readonly Step[] = [
  post('{ user cart }'),
  post('mutation { add(item: "tea") }'),
  post('mutation { first: add(item: "milk") second: add(item: "tea") }'),
  post('{ user cart }'),
  post('mutation { login add(item: "milk") }'),
  post('{ user cart }'),
  post('mutation { login: logout }'),
  post('{ user cart }'),
]

describe('Apollo Server with req.session in its context', () => {
  it.each(['store mode', 'cookie mode'] as const)('has the transcript of express-session, in %s', async (mode) => {
    const [theirs, ours] = await Promise.all(
      (['express-session', mode] as const).map(async (name) => transcript(await apolloSite(name), STEPS)),
    )
    expect(ours).toEqual(theirs)
    expect(theirs!.join('\n')).toContain('"user":"ada"')
  })
})
