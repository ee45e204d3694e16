import { freshNamespace } from './namespace'
import type { Server } from './server'

/**
 * The server that an environment variable names, or undefined where it is unset or empty. Nothing is checked here: a
 * server that somebody named and that does not answer has to fail the tests, not to skip them.
 */
export function existingServer(variable: string, defaultPort: number): Server | undefined {
  const url = process.env[variable]
  if (!url) return undefined
  const { hostname, port } = new URL(url)
  return {
    available: true,
    url,
    host: hostname,
    port: Number(port || defaultPort),
    namespace: freshNamespace(),
    close: async () => {},
  }
}
