import { type RedisClient, type Send, sendersToMasters } from './client'

const emitWarning = (message: string): void => {
  if (typeof process === 'object' && process?.emitWarning) process.emitWarning(message, 'SojournWarning')
  else console.warn(message)
}

/**
 * Makes a wrapper of senders: after the first successful command, it asks each master once whether sessions may be evicted, and
 * warns of the first that may. It asks with INFO, because managed services often refuse CONFIG. A server that refuses INFO as
 * well is skipped. No error of the check, or of `onWarning`, reaches a caller.
 */
export function evictionWarning(
  client: RedisClient,
  prefix: string,
  onWarning: (message: string) => void = emitWarning,
): (send: Send) => Send {
  let checked = false
  const check = async () => {
    checked = true
    const policy = (await policiesOfMasters(client, prefix)).find((each) => each)
    if (policy) onWarning(mayEvict(policy))
  }
  return (send) => {
    const sendAndCheck: Send = async (key, command) => {
      const reply = await send(key, command)
      if (!checked) check().catch(() => {})
      return reply
    }
    return (key, command) => (checked ? send : sendAndCheck)(key, command)
  }
}

/** What is wrong with a policy that evicts, and what to do. */
export const mayEvict = (policy: string): string =>
  `Redis evicts keys when its memory is full (maxmemory-policy ${policy}): sessions would end early, and a session ` +
  'that was ended could come back because its revocation was evicted. Set maxmemory-policy to noeviction.'

/** For each master, the policy by which it evicts keys: none is undefined, and null if it does not say. */
export async function policiesOfMasters(client: RedisClient, prefix: string): Promise<(string | undefined | null)[]> {
  const masters = await sendersToMasters(client)
  return Promise.all(masters.map((ask) => evictionPolicy(ask, prefix).catch(() => null)))
}

/** The policy by which a server evicts keys; undefined if it evicts none, or does not say. */
async function evictionPolicy(ask: Send, prefix: string): Promise<string | undefined> {
  const info = String(await ask(prefix, ['info', 'memory']))
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
  return policy === 'noeviction' || /^maxmemory:0\s*$/m.test(info) ? undefined : policy
}
