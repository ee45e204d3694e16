import { freshNamespace } from './namespace'
import { onFreePort } from './own-server'
import { freePort } from './ports'
import { findRedisServer, type Program } from './program'
import { redisCommand } from './protocol'
import { launchRedis } from './redis'
import type { AnyServerOptions, LaunchOptions, OwnClusterOptions, OwnServer } from './server'
import { type Unavailable, unavailable } from './unavailable'
import { until } from './until'

/** Who owns which of the 16 384 slots. */
const slotRanges = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
]

/** A Redis Cluster that tests may use. */
export interface RedisCluster {
  /** True: there is one. */
  readonly available: true
  /** Where its nodes are, for a driver: at least one. */
  readonly urls: string[]
  /** See `Server.namespace`. */
  readonly namespace: string
  /** Ends an own cluster and removes its directories; leaves a lent one alone. May be called twice. */
  close(): Promise<void>
}

/** A cluster of three masters without replicas, started for these tests alone. */
export interface OwnRedisCluster extends RedisCluster {
  /** The masters, each with a third of the slots, in the order of the slots. */
  readonly nodes: OwnServer[]
  /** Resolves once every node says `cluster_state:ok`, after one that was gone is back. Rejects after 20 seconds. */
  settled(): Promise<void>
}

/**
 * A Redis Cluster for tests: the one that `REDIS_CLUSTER_URLS` names (one or more nodes, separated by commas), else one
 * of its own. Otherwise like {@link startRedis}: never rejects, and is best awaited at the top of a test file.
 * @example
 * withServer({ describe, it, afterAll }, 'in a Cluster', await startRedisCluster(), ({ urls }) => { … })
 */
export function startRedisCluster(options: OwnClusterOptions): Promise<OwnRedisCluster | Unavailable>
export function startRedisCluster(options?: AnyServerOptions): Promise<RedisCluster | Unavailable>
export async function startRedisCluster(
  options: AnyServerOptions | OwnClusterOptions = {},
): Promise<RedisCluster | Unavailable> {
  const existing = options.own ? undefined : process.env.REDIS_CLUSTER_URLS
  if (existing)
    return { available: true, urls: existing.split(/[\s,]+/), namespace: freshNamespace(), close: async () => {} }
  const chosen = options.own ? options.programs : undefined
  const programs = chosen ?? Array(slotRanges.length).fill(await findRedisServer())
  const missing = programs.find((program): program is Unavailable => !program.available)
  if (missing) return options.own ? missing : unavailable(`${missing.reason}, or set REDIS_CLUSTER_URLS`)
  try {
    return await launchCluster(programs as Program[], options.own ? options : {})
  } catch (error) {
    return unavailable(`Redis Cluster does not start: ${(error as Error).message}`)
  }
}

async function launchCluster(programs: Program[], options: LaunchOptions): Promise<OwnRedisCluster> {
  const nodes: OwnServer[] = []
  const close = async () => void (await Promise.all(nodes.map((node) => node.close())))
  const settled = async () => void (await Promise.all(nodes.map(({ port }) => seesAll(port))))
  try {
    for (const [n, range] of slotRanges.entries()) {
      const [node, busPort] = await launchNode(programs[n]!, options)
      const [first] = nodes.push(node) > 1 ? nodes : []
      await redisCommand(node.port, 'CLUSTER', 'ADDSLOTSRANGE', ...range)
      await redisCommand(node.port, 'CLUSTER', 'SET-CONFIG-EPOCH', nodes.length)
      if (first) await redisCommand(first.port, 'CLUSTER', 'MEET', '127.0.0.1', node.port, busPort)
    }
    await settled()
  } catch (error) {
    await close()
    throw error
  }
  return { available: true, urls: nodes.map(({ url }) => url), namespace: freshNamespace(), nodes, settled, close }
}

function launchNode(program: Program, options: LaunchOptions): Promise<[node: OwnServer, busPort: number]> {
  return onFreePort(async (port) => {
    const busPort = await freePort()
    const settings = { 'cluster-enabled': 'yes', 'cluster-port': `${busPort}`, 'cluster-node-timeout': '2000' }
    return [await launchRedis(program, port, { ...options, settings: { ...settings, ...options.settings } }), busPort]
  })
}

async function seesAll(port: number): Promise<void> {
  let info = ''
  const isSettled = async () => {
    info = await redisCommand(port, 'CLUSTER', 'INFO').catch(() => '')
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${slotRanges.length}\r`)
  }
  await until(isSettled, () => `the node on port ${port} does not see the whole cluster: ${info}`)
}
