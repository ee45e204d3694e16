import type { Measurement } from './measure-cell'
import { type Comparison, comparisonsOf, type HttpResult } from './result'

const LABELS = 140
const COLUMN = 190
const BARS = 110
const BAR = 9
const GAP = 10
const TOP = 72
const ours = '#1f6feb'
const best = '#57606a'
const other = '#afb8c1'

/** The result as an SVG: bars of the µs that sessions add, a column for each series and a group for each cell. */
export function pictureOf({ measurements }: HttpResult): string {
  const columns = [...comparisonsOf(measurements)]
  const names = [...new Set(columns.flatMap(([, comparisons]) => comparisons.map(({ name }) => name)))]
  const scale = scaleOf(columns.flatMap(([, comparisons]) => comparisons))
  const marks: string[] = columns.map(([title], n) => text(LABELS + n * COLUMN, TOP - 12, title, 'font-weight="bold"'))
  let y = TOP
  for (const name of names) {
    const groups = columns.map(([, comparisons]) => barsOf(comparisons.find((comparison) => comparison.name === name)))
    marks.push(text(LABELS - 10, y + BAR, name, 'text-anchor="end"'))
    for (const [n, bars] of groups.entries()) {
      marks.push(...bars.map((bar, row) => barAt(LABELS + n * COLUMN, y + row * (BAR + 1), bar, scale)))
    }
    y += Math.max(...groups.map((bars) => bars.length)) * (BAR + 1) + GAP
  }
  const width = LABELS + columns.length * COLUMN
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="system-ui, sans-serif" font-size="11">`,
    '<title>Processor time that sessions add to a request, in µs</title>',
    `<rect width="${width}" height="${y}" fill="white"/>`,
    text(10, 20, 'Processor time that sessions add to a request, in µs (shorter is better)', 'font-size="14"'),
    ...legend(),
    ...marks,
    '</svg>\n',
  ].join('\n')
}

interface Bar {
  measured: Measurement
  colour: string
}

function barsOf(comparison: Comparison | undefined): Bar[] {
  if (!comparison) return []
  const peers = comparison.peers.map((measured, place) => ({ measured, colour: place === 0 ? best : other }))
  return [{ measured: comparison.ours, colour: ours }, ...peers]
}

/** Pixels for one µs. Bars of more than three times the slowest of ours are cut: their numbers tell. */
function scaleOf(comparisons: Comparison[]): number {
  const slowest = Math.max(1, ...comparisons.map(({ ours }) => ours.median))
  const longest = Math.max(slowest, ...comparisons.flatMap(({ peers }) => peers.map(({ median }) => median)))
  return BARS / Math.min(longest, 3 * slowest)
}

function barAt(x: number, y: number, { measured, colour }: Bar, scale: number): string {
  const length = Math.min(BARS, Math.max(0, measured.median * scale))
  const cut = measured.median * scale > BARS ? ' …' : ''
  const label = `${Math.round(measured.median)}${cut}`
  return [
    `<g><title>${escaped(`${measured.library}: ${measured.median.toFixed(1)} ± ${measured.spread.toFixed(1)} µs`)}</title>`,
    `<rect x="${x}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" fill="${colour}"/>`,
    text(x + length + 4, y + BAR - 1, label, 'font-size="9"'),
    '</g>',
  ].join('')
}

function legend(): string[] {
  const entries = [
    ['Sojourn', ours],
    ['the best peer', best],
    ['other peers', other],
  ] as const
  return entries.map(([name, colour], n) => {
    const x = 10 + n * 120
    return `<rect x="${x}" y="30" width="${BAR}" height="${BAR}" fill="${colour}"/>${text(x + 14, 38, name)}`
  })
}

const text = (x: number, y: number, content: string, attributes = '') =>
  `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped(content)}</text>`

const escaped = (content: string) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
