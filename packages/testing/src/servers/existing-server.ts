import { freshNamespace } from './namespace'
import type { Server } from './server'

/**
 * The server named by an environment variable, or undefined if it is unset or empty. The server is not checked: if
 * a named server does not respond, the tests must fail, not be skipped.
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
