/**
 * A client that the application has made and keeps: of `redis` 5 or 6 (`createClient`, `createClientPool`,
 * `createSentinel`, `createCluster`), `ioredis` 5 or 6 or `iovalkey` (`new Redis`, `new Cluster`). It is recognised by
 * its shape, and may be shared with other uses.
 */
export type RedisClient = IoRedis | NodeRedis | NodeRedisSentinel | NodeRedisCluster

interface IoRedis {
  call(command: string, args: string[]): Promise<unknown>
}

interface NodeRedis {
  readonly isOpen: boolean
  sendCommand(args: string[], options: object): Promise<unknown>
}

interface NodeRedisSentinel {
  readonly isOpen: boolean
  getSentinelNode: unknown
  sendCommand(isReadonly: boolean, args: string[], options: object): Promise<unknown>
}

interface NodeRedisCluster {
  readonly isOpen: boolean
  readonly nodeByAddress: unknown
  sendCommand(key: string, isReadonly: boolean, args: string[], options: object): Promise<unknown>
}

/** Sends one command to where `key` lives. The one way in which this package speaks to Redis. */
export type Send = (key: string, command: [name: string, ...args: string[]]) => Promise<unknown>

// A client may be set to answer in Buffers or numbers as text; we read text and numbers.
const plain = { typeMapping: {} }

/** Sends a command whose first argument is its only key. */
export const call = (send: Send, name: string, key: string, ...args: string[]): Promise<unknown> =>
  send(key, [name, key, ...args])

/**
 * How to send commands with this client. Command names are best in lower case: iovalkey finds no key in others.
 * @throws a TypeError where the client is none of those known.
 */
export function senderOf(client: RedisClient): Send {
  if (has(client, 'call')) return (_key, [name, ...args]) => client.call(name, args)
  // Without isOpen it is an old callback client, or the `legacy()` face of a new one.
  if (has(client, 'sendCommand') && 'isOpen' in client) {
    // isReadonly is false for reads too: a replica may not have heard of a logout yet.
    if ('nodeByAddress' in client) return (key, command) => client.sendCommand(key, false, command, plain)
    if ('getSentinelNode' in client) return (_key, command) => client.sendCommand(false, command, plain)
    return (_key, command) => client.sendCommand(command, plain)
  }
  throw new TypeError(
    'This is no Redis client that is known here. Pass the client itself, not an object around it, made by ' +
      '`createClient`, `createClientPool`, `createSentinel` or `createCluster` of `redis` (5 or newer), or by ' +
      '`new Redis` or `new Cluster` of `ioredis` (5 or newer) or `iovalkey`.',
  )
}

function has<M extends 'call' | 'sendCommand'>(
  client: RedisClient,
  method: M,
): client is Extract<RedisClient, Record<M, unknown>> {
  return typeof (client as Partial<Record<M, unknown>> | null | undefined)?.[method] === 'function'
}
