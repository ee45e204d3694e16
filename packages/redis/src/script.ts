import type { Send } from './client'

/** Runs a Lua script. All of `keys` must lie in one hash slot. */
export type Script = (send: Send, keys: [string, ...string[]], args: string[]) => Promise<unknown>

/**
 * Makes a script callable by its digest. A restart, a failover or SCRIPT FLUSH empties the server's script cache, and each
 * node of a Cluster has its own. The reply NOSCRIPT means that nothing was run, so the script is then sent in full, which
 * also caches it.
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

// Computed at run time, so it cannot differ from the script. WebCrypto needs no import.
async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
