import type { Argument, Send } from './client'

/** Runs a Lua script on one key. */
export type Script = (send: Send, key: string, args: Argument[]) => Promise<unknown>

/**
 * Makes a script callable by its digest. A restart, a failover or SCRIPT FLUSH empties the server's script cache, and each
 * node of a Cluster has its own. The reply NOSCRIPT means that nothing was run, so the script is then sent in full, which
 * also caches it.
 */
export function script(source: string): Script {
  let digest: string | undefined
  return async (send, key, args) => {
    digest ??= await sha1(source)
    const rest = ['1', key, ...args]
    try {
      return await send(key, ['evalsha', digest, ...rest])
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return send(key, ['eval', source, ...rest])
    }
  }
}

// Computed at run time, so it cannot differ from the script. WebCrypto needs no import.
async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
