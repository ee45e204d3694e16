import { redisStore } from '@sojourn/session-redis'
import { startRedis } from '@sojourn/session-testing/servers'
import { createClient } from 'redis'
import { addressOf, type Backend, reasonOf } from './backend'

/** The Redis of that URL, or one that is started for the demo and ends with it. Rejects with what to do. */
export async function openRedis(url: string | undefined): Promise<Backend> {
  if (url) return connect(url, `in Redis at ${addressOf(url)}`)
  const server = await startRedis({ own: true })
  if (!server.available) throw new Error(`${server.reason}, or set REDIS_URL`)
  const { storage, note, close } = await connect(server.url, 'in a Redis of its own')
  return { storage, note, close: () => close().finally(() => server.close()) }
}

async function connect(url: string, note: string): Promise<Backend> {
  let reached = false
  const client = createClient({
    url,
    // A command that waits for a connection would be made after its request was answered.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 3000,
      reconnectStrategy: (retries, cause) => (reached ? Math.min(100 * retries, 2000) : cause),
    },
  })
  // Each request hears of it by itself; without a listener it would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new Error(`no Redis at ${addressOf(url)} (${reasonOf(error)}): start it, then the demo again`)
  }
  reached = true
  return { storage: redisStore(client, { prefix: 'sojourn-demo:' }), note, close: async () => client.destroy() }
}
