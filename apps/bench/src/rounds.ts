/** One implementation to compare with others. */
export interface Candidate {
  name: string
  run(): Promise<unknown>
}

/** Length of a comparison. */
export interface Rounds {
  /** Number of measured rounds, after one warm-up round. Each candidate runs once in every round. */
  rounds: number
  /** Number of runs of a candidate in one round. */
  operations: number
  /** Number of parallel runs. Default 1. */
  concurrency?: number
}

/** Time per operation of one candidate in each round, in µs: wall time and CPU time of this process. */
export interface Measured {
  name: string
  wall: number[]
  cpu: number[]
}

/**
 * Runs the candidates in turns; each round starts with another one. A busy machine slows down whole rounds, so
 * candidates are compared within one round, and the result is the median of the rounds.
 */
export async function measureInTurns(
  candidates: Candidate[],
  { rounds, operations, concurrency = 1 }: Rounds,
): Promise<Measured[]> {
  const measured = candidates.map(({ name }): Measured => ({ name, wall: [], cpu: [] }))
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < candidates.length; turn++) {
      const n = (round + 1 + turn) % candidates.length
      const { wall, cpu } = await time(candidates[n]!, operations, concurrency)
      if (round < 0) continue
      measured[n]!.wall.push(wall)
      measured[n]!.cpu.push(cpu)
    }
  }
  return measured
}

async function time(
  { run }: Candidate,
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

/** Half the distance between the quartiles: half of the values are at most about this far from the median. */
export function spread(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = Math.ceil(sorted.length / 2)
  return (median(sorted.slice(-half)) - median(sorted.slice(0, half))) / 2
}

/** The median over all rounds of `a` divided by `b`. */
export const ratio = (a: number[], b: number[]): number => median(a.map((value, round) => value / b[round]!))
