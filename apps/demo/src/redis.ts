import { redisStore } from '@sojourn/session-redis'
import { startRedis } from '@sojourn/session-testing/servers'
import { createClient } from 'redis'
import { addressOf, type Backend, reasonOf } from './backend'

/** Connects to the Redis of that URL, or starts one that ends with the demo. A rejection says what to do. */
export async function openRedis(url: string | undefined): Promise<Backend> {
  if (url) return connect(url, `in Redis at ${addressOf(url)}`)
  const server = await startRedis({ own: true })
  if (!server.available) throw new Error(`${server.reason}, or set REDIS_URL`)
  const { store, note, close } = await connect(server.url, 'in a Redis of its own')
  return { store, note, close: () => close().finally(() => server.close()) }
}

async function connect(url: string, note: string): Promise<Backend> {
  let reached = false
  const client = createClient({
    url,
    // Otherwise a command would wait for a connection and run after its request was answered.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 3000,
      reconnectStrategy: (retries, cause) => (reached ? Math.min(100 * retries, 2000) : cause),
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
  return { store: redisStore(client, { prefix: 'sojourn-demo:' }), note, close: async () => client.destroy() }
}
