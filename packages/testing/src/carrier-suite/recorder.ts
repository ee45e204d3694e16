import { parseSetCookie } from '../fakes/cookie-jar'
import type { ReceivedResponse } from './response'

const OURS = ['cache-control', 'set-cookie', 'vary']
/** Headers that a server or a framework adds by itself, with values of its own. */
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
/** Vary fields that frameworks add by themselves. */
const NEGOTIATED = ['accept', 'accept-encoding']

/**
 * Records responses in a normal form: status, all headers but those that frameworks add by themselves, and the body
 * if a handler made it. Tokens are numbered in the order in which they first appear, so that the record shows which are
 * the same.
 */
export class Recorder {
  readonly lines: string[] = []
  readonly #tokens: string[] = []

  write(request: string, response: ReceivedResponse): void {
    const { status } = response
    // Frameworks differ in which headers they keep on an error response.
    const names = status < 400 ? response.names.filter((name) => !THEIRS.includes(name)) : OURS
    const headers = names.flatMap((name) => this.#header(name, response.lines(name)))
    const body = status >= 200 && status < 300 ? [`  ${abridged(response.body)}`] : []
    this.lines.push([`${request}: ${status}`, ...headers, ...body].join('\n'))
  }

  #header(name: string, lines: string[]): string[] {
    // The order of cookies does not matter to a browser.
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
