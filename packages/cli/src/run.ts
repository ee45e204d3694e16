import { readFile } from 'node:fs/promises'
import { isSessionError } from '@sojourn/session-core'
import { HELP, type Request, readArguments } from './arguments'
import { audit } from './commands/audit'
import { check } from './commands/check'
import { describe } from './commands/describe'
import { explain } from './commands/explain'
import { list } from './commands/list'
import { type Answer, json } from './commands/output'
import { revoke } from './commands/revoke'
import { findSessions, messageOf, type Sessions, unreachable } from './configuration'
import { CliError, printable, type Terminal, wrongUse } from './terminal'

/** A command: asks the manager. */
type Command = (sessions: Sessions, request: Request, terminal: Terminal) => Promise<Answer>

const COMMANDS = new Map<string, Command>(Object.entries({ explain, list, revoke, describe, check, audit }))

/**
 * Runs one command. Yields the exit code; every failure is one line. With `--json`, what is printed is one JSON value in each
 * case: the answer, or an object with the line as `error`.
 */
export async function run(terminal: Terminal): Promise<number> {
  // Until the arguments are read, which may fail.
  let isJson = terminal.argv.includes('--json')
  try {
    const request = readArguments(terminal.argv)
    isJson = request.options.json === true
    const { value, lines, code } = await Promise.race([
      answerTo(request, terminal),
      terminal.crashed.catch(explainCrash),
    ])
    for (const line of isJson ? [json(value)] : lines) terminal.print(line)
    return code
  } catch (error) {
    const told = asCliError(error)
    const line = printable(told.message.replace(/\s+/g, ' '))
    terminal.complain(line)
    if (isJson) terminal.print(json({ error: line }))
    return told.exitCode
  }
}

async function answerTo(request: Request, terminal: Terminal): Promise<Answer> {
  const { command, options } = request
  if (options.version) return textAnswer(await versionOf(), 0)
  if (options.help || command === undefined) return textAnswer(HELP, options.help ? 0 : 2)
  const task = COMMANDS.get(command)
  if (!task) throw wrongUse(`There is no command ${printable(command)}; known are ${[...COMMANDS.keys()].join(', ')}`)
  const sessions = await findSessions(request, terminal)
  return await task(sessions, request, terminal)
}

const textAnswer = (text: string, code: Answer['code']): Answer => ({ value: text, lines: [text], code })

function explainCrash(error: unknown): never {
  throw new CliError(
    `The application's module failed outside of the command: ${messageOf(error)}. ` +
      'Await its promises, and handle the error events of its clients',
  )
}

function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error
  if (isSessionError(error, 'ERR_STORE_UNAVAILABLE')) return unreachable(error.cause)
  return new CliError(messageOf(error))
}

const versionOf = async () => {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
