import { randomUUID } from 'node:crypto'
import { redisStore } from '@sojourn/session-redis'
import { type OwnServer, startRedis } from '@sojourn/session-testing/servers'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { addressOf, type Backend, reasonOf } from './backend'
import type { Peer } from './peer'
import type { Power } from './power'

type Client = ReturnType<typeof createClient>

/** Connects to the Redis of that URL, or starts one that ends with the demo. A rejection says what to do. */
export async function openRedis(url: string | undefined): Promise<Backend> {
  if (url) return backendOf(await connect(url), `in Redis at ${addressOf(url)}`)
  // Durable, so that sessions are still there after it was stopped and started again.
  const server = await startRedis({ own: true, durable: true })
  if (!server.available) throw new Error(`${server.reason}, or set REDIS_URL`)
  const client = await connect(server.url)
  const backend = backendOf(client, 'in a Redis of its own')
  return { ...backend, power: powerOf(server, client), close: () => backend.close().finally(() => server.close()) }
}

const backendOf = (client: Client, note: string): Backend => ({
  store: redisStore(client, { prefix: 'sojourn-demo:' }),
  note,
  peer: async () => peerOf(client),
  close: async () => client.destroy(),
})

function peerOf(client: Client): Peer {
  const store = new RedisStore({ client, prefix: `sojourn-demo:peer:${randomUUID()}:` })
  return { name: 'connect-redis', store, close: () => store.clear() }
}

const powerOf = (server: OwnServer, client: Client): Power => ({
  means: 'The demo’s own Redis was shut down',
  stop: () => server.stop(),
  async start() {
    const connected = new Promise((resolve) => client.once('ready', resolve))
    await server.restart()
    await connected
  },
})

async function connect(url: string): Promise<Client> {
  let reached = false
  const client: Client = createClient({
    url,
    // Otherwise a command would wait for a connection and run after its request was answered.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 3000,
      reconnectStrategy: (retries, cause) => (reached ? Math.min(50 * retries, 2000) : cause),
    },
  })
  // Each request gets its own error. Without a listener, the error would crash the process.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new Error(`no Redis at ${addressOf(url)} (${reasonOf(error)}): start it, then start the demo again`)
  }
  reached = true
  return client
}
