import { median, spread } from '../rounds'
import type { Cell } from '../servers'
import type { Framework, Place, Storage } from '../servers/server'
import { Contestant, type Series } from './contestant'
import type { StartServer } from './server-process'
import type { RequestKind } from './visitor'

/** What is measured of a cell, and how long. */
export interface Plan {
  requests: readonly RequestKind[]
  /** The numbers of sessions over which reads and changes are spread. */
  sessions: readonly number[]
  /** The number of rounds that count. */
  rounds: number
  /** The number of rounds before them: V8 takes thousands of requests to compile a middleware. */
  warmUp: number
  /** The number of requests that a server gets at a time, before another one's turn. */
  seriesLength: number
}

/** One number of the result. */
export interface Measurement extends Series {
  framework: Framework
  storage: Storage
  library: string
  /** The server's processor time for a request over that of the framework alone, in µs, in each round. */
  added: number[]
  median: number
  /** Half the distance between the quartiles. */
  spread: number
}

/** Compares the servers of a cell in turns, series by series and round by round, with new sessions in each round. */
export async function measureCell(cell: Cell, plan: Plan, place: Place, start: StartServer): Promise<Measurement[]> {
  const contestants: Contestant[] = []
  try {
    for (const server of [cell.bare, ...cell.servers]) contestants.push(await Contestant.start(server, place, start))
    const series = seriesOf(plan)
    const times = await runInTurns(contestants, series, plan, place.storage !== 'cookie')
    const measurements = series.flatMap((one, row) => measurementsOf(cell, one, times[row]!))
    return measurements.filter(({ request }) => plan.requests.includes(request))
  } finally {
    for (const contestant of contestants) await contestant.stop()
  }
}

/** The series of one round. Reads and changes come after a login, measured or not. */
function seriesOf({ requests, sessions }: Plan): Series[] {
  const wanted = (request: RequestKind) => requests.includes(request)
  const inSessions = (['read', 'change'] as const).filter(wanted)
  return [
    ...(wanted('login') || inSessions.length > 0 ? [{ request: 'login' as const }] : []),
    ...sessions.flatMap((count) => inSessions.map((request) => ({ request, sessions: count }))),
    ...(['anonymous', 'expired'] as const).filter(wanted).map((request) => ({ request })),
  ]
}

/** The processor times by series, contestant and round. */
async function runInTurns(contestants: Contestant[], series: Series[], plan: Plan, stored: boolean) {
  const times = series.map(() => contestants.map((): number[] => []))
  const population = Math.max(...plan.sessions, plan.requests.includes('login') ? plan.seriesLength : 0)
  for (let round = -plan.warmUp; round < plan.rounds; round++) {
    for (const contestant of contestants) contestant.meet(population)
    for (const [row, one] of series.entries()) {
      for (let turn = 0; turn < contestants.length; turn++) {
        const n = (round + plan.warmUp + turn) % contestants.length
        const time = await contestants[n]!.run(one, plan.seriesLength)
        if (round >= 0 && time !== undefined) times[row]![n]!.push(time)
      }
    }
    if (stored && series[0]?.request === 'login') for (const contestant of contestants) await contestant.logOut()
  }
  return times
}

function measurementsOf(
  { framework, storage, servers }: Cell,
  one: Series,
  [bare, ...others]: number[][],
): Measurement[] {
  return others.flatMap((times, n) => {
    if (times.length === 0) return []
    const added = times.map((time, round) => time - bare![round]!)
    const { library } = servers[n]!
    return [{ framework, storage, library, ...one, added, median: median(added), spread: spread(added) }]
  })
}
