import { describe, expect, it } from 'vitest'
import { markdownOf } from '../src/http/markdown'
import type { Measurement } from '../src/http/measure-cell'
import { readCommandLine } from '../src/http/options'
import { pictureOf } from '../src/http/picture'
import type { HttpResult } from '../src/http/result'
import { median, spread } from '../src/rounds'

const measured = (library: string, added: number[], rest: Partial<Measurement> = {}): Measurement => {
  const names = { framework: 'Koa', storage: 'Redis', library, request: 'change', sessions: 16 } as const
  return { ...names, added, median: median(added), spread: spread(added), ...rest }
}

const result = (measurements: Measurement[], rest: Partial<HttpResult> = {}): HttpResult => ({
  machine: { node: 'v20.19.0', processor: 'a processor', cores: 2, date: '2026-11-30', load: 0.1 },
  loadAfter: 1.5,
  others: 0.02,
  plan: { requests: ['change'], sessions: [16], rounds: 7, warmUp: 2, seriesLength: 3000 },
  measurements,
  ...rest,
})

const slow = measured('Sojourn', [60, 61, 62, 59, 58, 60, 60])
const fast = measured('koa-session', [40, 41, 39, 40, 40, 42, 38])
const other = measured('a peer <2>', [300, 310, 290, 300, 300, 300, 300])

describe('the report of the comparison', () => {
  it('names the best peer, and marks where ours is behind it by more than the spread', () => {
    expect(markdownOf(result([other, slow, fast]))).toContain(
      '| Koa, Redis | **60 ± 0.5** | 40 ± 0.5 koa-session | 1.50 | 300 ± 0.0 a peer <2> |',
    )
  })

  it('does not mark a difference within the spread', () => {
    const close = measured('Sojourn', [40, 41, 42, 39, 38, 43, 41])
    expect(markdownOf(result([close, fast]))).toContain('| Koa, Redis | 41 ± 1.0 | 40 ± 0.5 koa-session | 1.02 |')
  })

  it('gives no ratio to a peer that adds less than one µs', () => {
    const nothing = measured('koa-session', [0.2, 0.1, -0.3])
    expect(markdownOf(result([slow, nothing]))).toContain('| 0.1 ± 0.1 koa-session | – |')
  })

  it('has a table for each kind of request and number of sessions', () => {
    const many = [slow, fast].map((one) => ({ ...one, sessions: 10_000 }))
    const titles = markdownOf(result([slow, fast, ...many])).match(/^## .*$/gm)
    expect(titles).toEqual(['## http: change, 16 sessions', '## http: change, 10 000 sessions'])
  })

  it('tells the version of Node, the cores, the load and the date', () => {
    expect(markdownOf(result([slow, fast]))).toContain(
      'Node v20.19.0, 2 cores (a processor), 2026-11-30. Load of the machine: 0.1 before, 1.5 after.',
    )
  })

  it('warns of a busy machine and of few rounds, and else of nothing', () => {
    const short = { ...result([]).plan, rounds: 3 }
    expect(markdownOf(result([slow, fast], { others: 0.3 }))).toContain('**The machine was busy')
    expect(markdownOf(result([slow, fast], { plan: short }))).toContain('**There were fewer than seven rounds')
    expect(markdownOf(result([slow, fast]))).not.toContain('do not quote')
  })

  it('has a picture with a bar for each server, which tells its library and number', () => {
    const picture = pictureOf(result([slow, fast, other]))
    expect(picture.match(/<g><title>[^<]*/g)).toEqual([
      '<g><title>Sojourn: 60.0 ± 0.5 µs',
      '<g><title>koa-session: 40.0 ± 0.5 µs',
      '<g><title>a peer &lt;2&gt;: 300.0 ± 0.0 µs',
    ])
  })
})

describe('the command line of the comparison', () => {
  const cellsOf = (...args: string[]) =>
    readCommandLine(args).http.cells.map(({ framework, storage }) => `${framework} ${storage}`)

  it('chooses cells by framework and storage', () => {
    expect(cellsOf('--framework', 'koa,fastify', '--storage', 'redis')).toEqual(['Koa Redis', 'Fastify Redis'])
    expect(cellsOf()).toHaveLength(11)
  })

  it('chooses requests, sessions and rounds, and means the section `http`', () => {
    const { sections, http } = readCommandLine(['--request', 'change', '--sessions', '16', '--rounds', '3'])
    expect(sections).toEqual(['http'])
    expect(http.plan).toMatchObject({ requests: ['change'], sessions: [16], rounds: 3 })
  })

  it('leaves sections as they are named', () => {
    expect(readCommandLine(['scale']).sections).toEqual(['scale'])
    expect(readCommandLine([]).sections).toEqual([])
  })

  it('says what an option takes', () => {
    expect(() => readCommandLine(['--framework', 'hapi'])).toThrow(
      '--framework takes Express, Koa, Fastify; there is no hapi.',
    )
    expect(() => readCommandLine(['--rounds', '0'])).toThrow('--rounds takes whole numbers from 1; not 0.')
  })
})
