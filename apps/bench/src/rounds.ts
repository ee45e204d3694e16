/** One way of doing something once, to be compared with others. */
export interface Contestant {
  name: string
  run(): Promise<unknown>
}

/** How long a comparison goes on. */
export interface Rounds {
  /** Measured rounds; one more before them is not measured. Each contestant comes once in every round. */
  rounds: number
  /** How often a contestant runs in one round. */
  operations: number
  /** How many runs are under way at once. Default 1. */
  concurrency?: number
}

/** What one contestant took per operation in each round, in µs: by the clock, and of this process's processor time. */
export interface Measured {
  name: string
  wall: number[]
  cpu: number[]
}

/**
 * Lets the contestants take turns, each round beginning with another one. A busy machine slows down whole rounds: so
 * what is compared are the contestants of one round, and what is told is the median of the rounds.
 */
export async function takeTurns(
  contestants: Contestant[],
  { rounds, operations, concurrency = 1 }: Rounds,
): Promise<Measured[]> {
  const measured = contestants.map(({ name }): Measured => ({ name, wall: [], cpu: [] }))
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const n = (round + 1 + turn) % contestants.length
      const { wall, cpu } = await time(contestants[n]!, operations, concurrency)
      if (round < 0) continue
      measured[n]!.wall.push(wall)
      measured[n]!.cpu.push(cpu)
    }
  }
  return measured
}

async function time(
  { run }: Contestant,
  operations: number,
  concurrency: number,
): Promise<{ wall: number; cpu: number }> {
  let left = operations
  const worker = async () => {
    while (left-- > 0) await run()
  }
  const [began, used] = [performance.now(), process.cpuUsage()]
  await Promise.all(Array.from({ length: concurrency }, worker))
  const wall = ((performance.now() - began) * 1000) / operations
  const { user, system } = process.cpuUsage(used)
  return { wall, cpu: (user + system) / operations }
}

/** The middle value, or the mean of the middle two. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The median of what the rounds say of `a` divided by `b`. */
export const ratio = (a: number[], b: number[]): number => median(a.map((value, round) => value / b[round]!))
