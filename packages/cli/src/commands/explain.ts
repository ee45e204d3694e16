import { resolve } from 'node:path'
import type { ExplainedCookie, ExplainedSession, Explanation } from '@sojourn/session-core'
import type { Request } from '../arguments'
import { readSecretly, type Sessions } from '../configuration'
import { bar, duration, instant, type Paint, paintFor, printable, type Terminal, wrongUse } from '../terminal'
import { type Answer, sessionLine } from './output'

/** `sojourn explain`: why a Cookie header has a session, or none. The exit code is 0 for every outcome. */
export async function explain(sessions: Sessions, request: Request, terminal: Terminal): Promise<Answer> {
  const header = await readHeader(sessions, request, terminal)
  const explanation = await sessions.explain(header, { data: request.options.data === true })
  return { value: explanation, lines: linesOf(explanation, paintFor(terminal)), code: 0 }
}

async function readHeader(sessions: Sessions, { operands }: Request, terminal: Terminal): Promise<string> {
  const [file, ...more] = operands
  if (more.length > 0 || file?.includes('=')) {
    throw wrongUse('A cookie is a password, and others see the command line: pass it by standard input, or in a file')
  }
  const text = await (file === undefined || file === '-'
    ? terminal.input()
    : readSecretly('cookie', resolve(terminal.cwd, file)))
  const line = text.trim().replace(/^cookie:\s*/i, '')
  if (line === '') throw wrongUse('No Cookie header came: pass it by standard input, or in a file')
  if (/[\r\n]/.test(line)) throw wrongUse('More than one line came: pass the Cookie header alone')
  // Developer tools copy the value without its name.
  return line.includes('=') ? line : `${sessions.describe().cookie.name}=${line}`
}

function* linesOf(explanation: Explanation, paint: Paint): Generator<string> {
  const { outcome, reason, why, at, cookie, cookies, remember, others } = explanation
  const session = explanation.session ?? cookies.find((each) => each.session)?.session
  yield `${paint('bold', outcome)} (${reason})`
  yield why
  if (reason === 'not-issued' || reason === 'row-unreadable') {
    yield 'Compare the secret and the cookie name with those of the server.'
  }
  yield ''
  yield `cookie      ${cookie}, ${cookies.length === 1 ? 'one' : cookies.length || 'none'} came`
  if (cookies.length > 1) for (const each of cookies) yield `            ${cookieLine(each)}`
  for (const { live } of remember)
    yield `remember-me ${live ? 'begins a session' : 'begins no session: it has ended, or is not ours'}`
  if (session) yield* sessionLines(session, at, paint)
  if (others === undefined) return
  yield ''
  yield others.length === 0 ? 'The subject has no other session.' : `Other sessions of the subject: ${others.length}`
  for (const other of others) yield `  ${sessionLine(other)}`
}

const cookieLine = ({ outcome, session, why }: ExplainedCookie) =>
  `${outcome}${session ? `, session ${session.id}` : ''}: ${why}`

function* sessionLines(session: ExplainedSession, at: number, paint: Paint): Generator<string> {
  const { id, subject, label, level, generation, clocks, bound, data } = session
  yield `session     ${id}`
  yield `subject     ${subject === undefined ? 'none: anonymous' : printable(subject)}${label === undefined ? '' : `, ${printable(label)}`}`
  yield `began       ${instant(session.createdAt)}`
  if (session.authenticatedAt !== undefined) {
    yield `login       ${instant(session.authenticatedAt)}${level === undefined ? '' : `, level ${level}`}`
  }
  if (generation) yield `token       number ${generation.presented} of ${generation.current}`
  if (bound.length > 0) yield `bound to    ${bound.join(', ')}: for another client the outcome is mismatch`
  for (const [name, { startedAt, endsAt }] of Object.entries(clocks)) {
    if (endsAt === Number.POSITIVE_INFINITY) {
      yield `${name.padEnd(12)}${paint('dim', 'off')}`
      continue
    }
    const isOver = at > endsAt
    const when = isOver ? `ended ${duration(at - endsAt)} ago` : `ends in ${duration(endsAt - at)}`
    const line = bar((at - startedAt) / (endsAt - startedAt))
    yield `${name.padEnd(12)}${paint(isOver ? 'red' : 'green', line)} ${when}, ${instant(endsAt)}`
  }
  if (data !== undefined) yield `data        ${printable(JSON.stringify(data))}`
}
