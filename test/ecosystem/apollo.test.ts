import { ApolloServer } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import type { Session } from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express'
import type { CookieJar } from '@sojourn/session-testing'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { type Action, act, journey, type Seen, type Shop, serve, shop } from './site'

interface Context {
  session: Session<Shop>
}

const typeDefs = `
  type Seen { subject: String, cart: [String!]! }
  type Query { read: Seen! }
  type Mutation { login: Seen!, change: Seen!, logout: Seen! }
`

it('Apollo Server: resolvers log in, change, and log out by the context', async () => {
  const { sessions, clock } = shop()
  const resolve =
    (action: Action) =>
    (_: unknown, __: unknown, { session }: Context) =>
      act(session, action)
  const apollo = new ApolloServer<Context>({
    typeDefs,
    resolvers: {
      Query: { read: resolve('read') },
      Mutation: { login: resolve('login'), change: resolve('change'), logout: resolve('logout') },
    },
  })
  await apollo.start()
  onTestFinished(() => apollo.stop())
  const app = express()
  app.use('/graphql', expressSession(sessions), express.json())
  app.use('/graphql', expressMiddleware(apollo, { context: async ({ req }) => ({ session: sessions.of(req) }) }))
  const url = await serve(app)
  await journey(clock, async (action: Action, jar: CookieJar) => {
    const kind = action === 'read' ? 'query' : 'mutation'
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(jar.header && { cookie: jar.header }) },
      body: JSON.stringify({ query: `${kind} { ${action} { subject cart } }` }),
    })
    jar.take(response.headers.getSetCookie())
    const { data, errors } = await response.json()
    expect(errors).toBeUndefined()
    return data[action] as Seen
  })
})
