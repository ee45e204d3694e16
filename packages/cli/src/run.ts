import { readFile } from 'node:fs/promises'
import { isSessionError } from '@sojourn/session-core'
import { HELP, type Request, readArguments } from './arguments'
import { audit } from './commands/audit'
import { check } from './commands/check'
import { describe } from './commands/describe'
import { explain } from './commands/explain'
import { list } from './commands/list'
import { revoke } from './commands/revoke'
import { findSessions, messageOf, type Sessions, unreachable } from './configuration'
import { CliError, printable, type Terminal, wrongUse } from './terminal'

/** A command: asks the manager, prints, and yields the exit code. */
type Command = (sessions: Sessions, request: Request, terminal: Terminal) => Promise<number>

const COMMANDS = new Map<string, Command>(Object.entries({ explain, list, revoke, describe, check, audit }))

/** Runs one command. Yields the exit code; every failure is one line. */
export async function run(terminal: Terminal): Promise<number> {
  try {
    const request = readArguments(terminal.argv)
    const { command, options } = request
    if (options.version) {
      terminal.print(await versionOf())
      return 0
    }
    if (options.help || command === undefined) {
      terminal.print(HELP)
      return options.help ? 0 : 2
    }
    const task = COMMANDS.get(command)
    if (!task) throw wrongUse(`There is no command ${printable(command)}; known are ${[...COMMANDS.keys()].join(', ')}`)
    const sessions = await findSessions(request, terminal)
    return await task(sessions, request, terminal)
  } catch (error) {
    const told = asCliError(error)
    terminal.complain(printable(told.message.replace(/\s+/g, ' ')))
    return told.exitCode
  }
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
