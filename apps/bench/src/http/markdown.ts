import { markdownTable } from '../report'
import { CONNECTIONS } from './load'
import { TOO_BUSY } from './machine'
import type { Measurement } from './measure-cell'
import { type Comparison, comparisonsOf, type HttpResult, isBehind } from './result'

/** The result as Markdown: one table for each kind of request. */
export function markdownOf(result: HttpResult): string {
  const { machine, plan } = result
  const tables = [...comparisonsOf(result.measurements)].map(([title, comparisons]) =>
    markdownTable(`http: ${title}`, comparisons.map(rowOf)),
  )
  return `${[
    `\nProcessor time that sessions add to a request, in µs: of the server's process, over the framework alone. Medians of ${plan.rounds}`,
    `rounds, ± half the distance between the quartiles; servers take turns, ${plan.seriesLength} requests at a time over ${CONNECTIONS} connections, with`,
    'new sessions in each round. Bold: behind the best peer by more than the spread.',
    ...tables,
    `\nNode ${machine.node}, ${machine.cores} cores (${machine.processor}), ${machine.date}. Load of the machine: ${machine.load.toFixed(1)} before, ${result.loadAfter.toFixed(1)} after.`,
    `Other processes used up to ${percent(result.others)} of the processors while this one waited.`,
    ...warningsOf(result),
  ].join('\n')}\n`
}

function rowOf(comparison: Comparison): Record<string, string> {
  const { name, ours, compat, peers } = comparison
  const [best, ...others] = peers
  const ratio = best && best.median >= 1 ? (ours.median / best.median).toFixed(2) : '–'
  return {
    'sessions in': name,
    Sojourn:
      (isBehind(comparison) ? `**${micros(ours)}**` : micros(ours)) + (compat ? `; ${micros(compat)} with compat` : ''),
    'best peer': best ? named(best) : 'none',
    'ours / best': ratio,
    'other peers': others.map(named).join('; '),
  }
}

const named = (measured: Measurement) => `${micros(measured)} ${measured.library}`
const micros = ({ median, spread }: Measurement) => `${digits(median)} ± ${digits(spread)}`
const digits = (value: number) => value.toFixed(Math.abs(value) < 10 ? 1 : 0)
const percent = (share: number) => `${Math.round(share * 100)} %`

function warningsOf({ plan, others }: HttpResult): string[] {
  const warnings = []
  if (others > TOO_BUSY) warnings.push('The machine was busy: do not quote these numbers.')
  if (plan.rounds < 7) warnings.push('There were fewer than seven rounds: do not quote these numbers.')
  return warnings.map((warning) => `\n**${warning}**`)
}
