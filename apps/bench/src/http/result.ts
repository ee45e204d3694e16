import { short } from '../report'
import type { Series } from './contestant'
import type { machine } from './machine'
import type { Measurement, Plan } from './measure-cell'

/** Everything that a run has found, as it is written to the JSON file. */
export interface HttpResult {
  /** With the load average when the run began. */
  machine: ReturnType<typeof machine>
  loadAfter: number
  /** The largest share of the processors that other processes used before a cell, 0 to 1. */
  others: number
  plan: Plan
  measurements: Measurement[]
}

/** The servers of one framework and storage in one series: ours, and the peers from the fastest to the slowest. */
export interface Comparison {
  name: string
  ours: Measurement
  /** Ours with the API of a peer, where there is one. */
  compat: Measurement | undefined
  peers: Measurement[]
}

/** What was sent in a series. */
const titleOf = ({ request, sessions }: Series): string =>
  sessions === undefined ? request : `${request}, ${short(sessions)} sessions`

/** The comparisons of a result, by the titles of their series in the order in which they were measured. */
export function comparisonsOf(measurements: readonly Measurement[]): Map<string, Comparison[]> {
  const bySeries = grouped(measurements, titleOf)
  return new Map([...bySeries].map(([title, ofSeries]) => [title, cellsOf(ofSeries)]))
}

function cellsOf(ofSeries: Measurement[]): Comparison[] {
  const byCell = grouped(ofSeries, ({ framework, storage }) => `${framework}, ${storage}`)
  return [...byCell].flatMap(([name, measured]) => {
    const ours = measured.find(({ library }) => library === 'Sojourn')
    const compat = measured.find(({ library }) => library === 'Sojourn, compat')
    const peers = measured.filter((each) => each !== ours && each !== compat).toSorted((a, b) => a.median - b.median)
    return ours ? [{ name, ours, compat, peers }] : []
  })
}

/** True if ours costs more than the best peer, by more than the spread of either. */
export function isBehind({ ours, peers: [best] }: Comparison): boolean {
  return best !== undefined && ours.median - best.median > Math.max(ours.spread, best.spread)
}

function grouped<Value>(values: readonly Value[], nameOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>()
  for (const value of values) {
    const name = nameOf(value)
    groups.set(name, [...(groups.get(name) ?? []), value])
  }
  return groups
}
