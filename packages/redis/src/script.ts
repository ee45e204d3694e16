import type { Send } from './client'

/** Runs a Lua script on keys of one slot. */
export type Script = (send: Send, keys: [string, ...string[]], args: string[]) => Promise<unknown>

/**
 * The server's script cache is lost by a restart, a failover or SCRIPT FLUSH, and each node of a Cluster has its own:
 * whatever happened to it, NOSCRIPT says that nothing was run, and EVAL runs it and fills the cache again.
 */
export function script(source: string): Script {
  let digest: string | undefined
  return async (send, keys, args) => {
    digest ??= await sha1(source)
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await send(keys[0], ['evalsha', digest, ...rest])
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return send(keys[0], ['eval', source, ...rest])
    }
  }
}

// Computed and not shipped, so that no edit of a script can leave a stale digest behind. WebCrypto needs no import.
async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
