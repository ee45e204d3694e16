import { parseSetCookie } from '../fakes/cookie-jar'
import type { Answer } from './visitor'

/** What an adapter answered in each test, by store and sentence, in a form in which all adapters should say the same. */
export type Transcript = Record<string, string[]>

const OURS = ['cache-control', 'set-cookie', 'vary']
/** Headers that a server or a framework puts in by itself, each in its own way. */
const THEIRS = [
  'connection',
  'content-length',
  'content-type',
  'date',
  'etag',
  'keep-alive',
  'transfer-encoding',
  'x-content-type-options',
  'x-powered-by',
]
/** Fields that frameworks negotiate by themselves. */
const NEGOTIATED = ['accept', 'accept-encoding']

/**
 * Puts answers into the normal form: status, all headers but those that frameworks put in by themselves, and the body
 * where a handler made it. Tokens are numbered in the order in which they are first seen, so that it shows which ones are
 * the same.
 */
export class Scribe {
  readonly lines: string[] = []
  readonly #tokens: string[] = []

  write(request: string, answer: Answer): void {
    const { status } = answer
    // What an error's response keeps of the answer that failed is the framework's affair.
    const names = status < 400 ? answer.names.filter((name) => !THEIRS.includes(name)) : OURS
    const headers = names.flatMap((name) => this.#header(name, answer.lines(name)))
    const body = status >= 200 && status < 300 ? [`  ${abridged(answer.body)}`] : []
    this.lines.push([`${request}: ${status}`, ...headers, ...body].join('\n'))
  }

  #header(name: string, lines: string[]): string[] {
    // Which of several cookies comes first means nothing to a browser.
    if (name === 'set-cookie') return [...lines].sort(byName).map((line) => `  ${name}: ${this.#withoutToken(line)}`)
    if (name !== 'vary') return lines.map((line) => `  ${name}: ${line}`)
    const fields = lines.flatMap((line) => line.toLowerCase().split(/\s*,\s*/))
    const kept = fields.filter((field) => !NEGOTIATED.includes(field)).sort()
    return kept.length > 0 ? [`  vary: ${kept.join(', ')}`] : []
  }

  #withoutToken(line: string): string {
    const { name, value } = parseSetCookie(line)
    if (value.length < 40) return line
    if (!this.#tokens.includes(value)) this.#tokens.push(value)
    return line.replace(`${name}=${value}`, `${name}=<token ${this.#tokens.indexOf(value) + 1}>`)
  }
}

const byName = (a: string, b: string): number => (parseSetCookie(a).name < parseSetCookie(b).name ? -1 : 1)

const abridged = (body: string): string => (body.length > 200 ? `${body.length} characters` : body)

/**
 * Where adapters did not answer alike, in sentences: none where all is well. What one of them skipped, because its
 * framework cannot do it, is compared among the others.
 *
 * @example
 * const transcripts = { express: carrierSuite(runner, express).transcript, koa: carrierSuite(runner, koa).transcript }
 * it('all adapters answer alike', async () => expect(transcriptDifferences(transcripts)).toEqual([]))
 */
export function transcriptDifferences(transcripts: Readonly<Record<string, Transcript>>): string[] {
  const adapters = Object.entries(transcripts)
  const tests = new Set(adapters.flatMap(([, transcript]) => Object.keys(transcript)))
  return [...tests].flatMap((test) => {
    const told = adapters.filter(([, transcript]) => test in transcript)
    const [[first, model]] = told as [[string, Transcript]]
    return told.flatMap(([adapter, transcript]) => {
      const [expected, actual] = [model[test]!.join('\n'), transcript[test]!.join('\n')]
      return expected === actual ? [] : [`${test}\n${first}:\n${expected}\n${adapter}:\n${actual}`]
    })
  })
}
