import { memberOf, SessionConfigError } from '#check'

/**
 * A client that the application creates, connects and closes: of `redis` 5 or 6 (`createClient`, `createClientPool`,
 * `createSentinel`, `createCluster`), or of `ioredis` 5 or 6 or `iovalkey` (`new Redis`, `new Cluster`). It is recognised
 * by its methods, and the application may use it for other commands too.
 */
export type RedisClient = IoRedis | NodeRedis | NodeRedisSentinel | NodeRedisCluster

/** Of `ioredis` and `iovalkey`. */
interface IoRedis {
  /** Sends any command. */
  call(command: string, args: Argument[]): Promise<unknown>
  /** Reads a value as bytes. */
  getBuffer(key: string): Promise<unknown>
  /** Of a Cluster. */
  nodes?(role: 'master'): IoRedis[]
}

/** Of `redis`. */
interface NodeRedis {
  /** Whether the application has connected it. */
  readonly isOpen: boolean
  /** Sends any command. */
  sendCommand(args: Argument[], options: object): Promise<unknown>
}

/** Of `redis`, with Sentinel. */
interface NodeRedisSentinel {
  /** Whether the application has connected it. */
  readonly isOpen: boolean
  /** Only a client of Sentinel has it. */
  getSentinelNode: unknown
  /** Sends any command. */
  sendCommand(isReadonly: boolean, args: Argument[], options: object): Promise<unknown>
}

/** Of `redis`, with Cluster. */
interface NodeRedisCluster {
  /** Whether the application has connected it. */
  readonly isOpen: boolean
  /** Only a client of Cluster has it. */
  readonly nodeByAddress: unknown
  /** Its masters. */
  readonly masters?: readonly unknown[]
  /** The client of one master. */
  nodeClient?(node: never): unknown
  /** Sends any command, to the node of `key`. */
  sendCommand(key: string, isReadonly: boolean, args: Argument[], options: object): Promise<unknown>
}

/** An argument of a command. */
export type Argument = string | Buffer

/** Sends one command to the node that holds `key`. All commands of this package go through it. */
export type Send = (key: string, command: [name: string, ...args: Argument[]]) => Promise<unknown>

/** What a client makes of a string in a reply: text by default, or a Buffer. */
export type Replies = 'text' | 'bytes'

/** The type of a string in Redis's protocol: the code of `$`. */
const STRING = 36

/** Overrides a client that is configured to reply with Buffers, or with numbers as text. */
const typeMappings = { text: {}, bytes: { [STRING]: Buffer } }

/** Sends a command whose first argument is its only key. */
export const sendTo = (send: Send, name: string, key: string, ...args: Argument[]): Promise<unknown> =>
  send(key, [name, key, ...args])

/**
 * Creates the function that sends commands with this client. Pass command names in lower case: iovalkey finds the key of
 * a command only then.
 * @throws SessionConfigError if the client is none of the supported ones.
 */
export function createSender(client: RedisClient, replies: Replies = 'text'): Send {
  if (has(client, 'call') && has(client, 'getBuffer')) {
    if (replies === 'bytes') return (_key, [name, ...args]) => bytesMethod(client, name)(...args)
    return (_key, [name, ...args]) => client.call(name, args)
  }
  // A client without isOpen is a callback client of redis 3, or the `legacy()` view of a newer one.
  if (has(client, 'sendCommand') && memberIn(client, 'isOpen') !== undefined)
    return whenOpen(client, nodeRedisSender(client, replies))
  throw new SessionConfigError(
    'client',
    'is not a supported Redis client. Pass the client itself, not an object around it, made by ' +
      '`createClient`, `createClientPool`, `createSentinel` or `createCluster` of `redis` (5 or newer), or by ' +
      '`new Redis` or `new Cluster` of `ioredis` (5 or newer) or `iovalkey`.',
  )
}

/**
 * A command's method that replies with bytes: `callBuffer` loses the name of the command if `enableAutoPipelining` is set. The types
 * of ioredis have few of these methods; its classes have one for every command.
 */
const bytesMethod = (client: IoRedis, command: string): ((...args: Argument[]) => Promise<unknown>) =>
  (client as unknown as Record<string, (...args: Argument[]) => Promise<unknown>>)[`${command}Buffer`]!.bind(client)

function nodeRedisSender(client: Exclude<RedisClient, IoRedis>, replies: Replies): Send {
  const options = { typeMapping: typeMappings[replies] }
  // isReadonly is false for reads too: a replica may not know of a logout yet.
  if (isCluster(client)) return (key, command) => client.sendCommand(key, false, command, options)
  if (isSentinel(client)) return (_key, command) => client.sendCommand(false, command, options)
  return (_key, command) => client.sendCommand(command, options)
}

/** A client that was not connected waits for ever, or fails with an error that does not say what to do. */
const whenOpen =
  (client: { readonly isOpen: boolean }, send: Send): Send =>
  async (key, command) => {
    if (!client.isOpen) {
      throw new Error(
        'The Redis client is not open: call connect() before the server listens, and close the client after the server',
      )
    }
    return send(key, command)
  }

/** One sender for each master of a Cluster; the client's own for a server that is alone, and for a Sentinel. */
export async function sendersToMasters(client: RedisClient): Promise<Send[]> {
  if ('nodes' in client && client.nodes) return client.nodes('master').map((each) => createSender(each))
  if ('masters' in client && client.masters && client.nodeClient) {
    const clients = await Promise.all(client.masters.map((node) => client.nodeClient!(node as never)))
    return clients.map((each) => createSender(each as RedisClient))
  }
  return [createSender(client)]
}

function has<M extends 'call' | 'getBuffer' | 'sendCommand'>(
  client: RedisClient,
  method: M,
): client is Extract<RedisClient, Record<M, unknown>> {
  return typeof memberIn(client, method) === 'function'
}

const isCluster = (client: object): client is NodeRedisCluster => memberIn(client, 'nodeByAddress') !== undefined
const isSentinel = (client: object): client is NodeRedisSentinel => memberIn(client, 'getSentinelNode') !== undefined

/** A member of the client or of its class. */
const memberIn = (client: unknown, name: string): unknown =>
  typeof client === 'object' && client ? memberOf(client, name) : undefined
