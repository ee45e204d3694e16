import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { Cluster as ValkeyCluster, Redis as ValkeyRedis } from 'iovalkey'
import { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from 'redis'
import {
  createClient as createClient5,
  createClientPool as createClientPool5,
  createCluster as createCluster5,
  createSentinel as createSentinel5,
} from 'redis5'
import type { RedisClient } from '../../src/index'

/** A connected client, as an application creates it. */
export interface Opened {
  client: RedisClient
  close(): Promise<unknown>
}

type Open<Where> = (where: Where) => Promise<Opened>

const connect = async <C extends RedisClient & { connect(): Promise<unknown>; close(): Promise<unknown> }>(
  client: C,
) => {
  await client.connect()
  return { client, close: () => client.close() }
}

const toQuit = <C extends RedisClient & { quit(): Promise<unknown> }>(client: C) => ({
  client,
  close: () => client.quit(),
})

/** Settings that an application may have for its own commands: Buffers for text, and text for numbers. */
const commandOptions = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.NUMBER]: String } }

const rootNodes = (urls: string[]) => urls.map((url) => ({ url }))

/** Opens a client of each kind for a single server, by its URL. */
export const drivers: Record<string, Open<string>> = {
  'node-redis 6': (url) => connect(createClient({ url })),
  'node-redis 6, a pool': (url) => connect(createClientPool({ url })),
  'node-redis 6, a pool, in Buffers': (url) => connect(createClientPool({ url, commandOptions })),
  'node-redis 5': (url) => connect(createClient5({ url })),
  'node-redis 5, a pool': (url) => connect(createClientPool5({ url })),
  'ioredis 6': async (url) => toQuit(new Redis(url)),
  'ioredis 5': async (url) => toQuit(new Redis5(url)),
  iovalkey: async (url) => toQuit(new ValkeyRedis(url)),
}

/** Opens a client of each kind for a Cluster, by the URLs of some of its nodes. */
export const clusterDrivers: Record<string, Open<string[]>> = {
  'node-redis 6, Cluster': (urls) => connect(createCluster({ rootNodes: rootNodes(urls) })),
  'node-redis 6, Cluster, in Buffers': (urls) => connect(createCluster({ rootNodes: rootNodes(urls), commandOptions })),
  'node-redis 5, Cluster': (urls) => connect(createCluster5({ rootNodes: rootNodes(urls) })),
  'ioredis 6, Cluster': async (urls) => toQuit(new Cluster(urls)),
  'ioredis 5, Cluster': async (urls) => toQuit(new Cluster5(urls)),
  'iovalkey, Cluster': async (urls) => toQuit(new ValkeyCluster(urls)),
}

const ofNodeRedis = (port: number) => ({ name: 'sessions', sentinelRootNodes: [{ host: '127.0.0.1', port }] })
const ofIoRedis = (port: number) => ({ name: 'sessions', sentinels: [{ host: '127.0.0.1', port }] })

/** Opens a client of each kind for the master `sessions` of the Sentinel on this port. */
export const sentinelDrivers: Record<string, Open<number>> = {
  'node-redis 6, Sentinel': (port) => connect(createSentinel(ofNodeRedis(port))),
  'node-redis 6, Sentinel, in Buffers': (port) => connect(createSentinel({ ...ofNodeRedis(port), commandOptions })),
  'node-redis 5, Sentinel': (port) => connect(createSentinel5(ofNodeRedis(port))),
  'ioredis 6, Sentinel': async (port) => toQuit(new Redis(ofIoRedis(port))),
  'ioredis 5, Sentinel': async (port) => toQuit(new Redis5(ofIoRedis(port))),
  'iovalkey, Sentinel': async (port) => toQuit(new ValkeyRedis(ofIoRedis(port))),
}
