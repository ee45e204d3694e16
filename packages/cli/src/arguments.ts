import { parseArgs } from 'node:util'
import { wrongUse } from './terminal'

/** What was asked for. */
export interface Request {
  readonly command: string | undefined
  readonly operands: readonly string[]
  readonly options: {
    readonly help?: boolean
    readonly version?: boolean
    readonly json?: boolean
    readonly config?: string
    readonly store?: string
    readonly prefix?: string
    readonly schema?: string
    readonly table?: string
    readonly 'secret-file'?: string
    readonly 'cookie-name'?: string
    readonly audience?: string
    readonly data?: boolean
    readonly subject?: string
    readonly all?: boolean
    readonly preset?: string
  }
}

const flag = { type: 'boolean' } as const
const value = { type: 'string' } as const
const OPTIONS = {
  help: { ...flag, short: 'h' },
  version: { ...flag, short: 'v' },
  json: flag,
  config: { ...value, short: 'c' },
  store: value,
  prefix: value,
  schema: value,
  table: value,
  'secret-file': value,
  'cookie-name': value,
  audience: value,
  data: flag,
  subject: value,
  all: flag,
  preset: value,
} as const

/** @throws CliError for an unknown option, and for a secret, which a process list and a shell's history would show. */
export function readArguments(argv: readonly string[]): Request {
  const isSecret = (argument: string) => /^--?(?:session-?)?(?:secret|password|key)(?:=|$)/i.test(argument)
  if (argv.some(isSecret)) {
    throw wrongUse(
      'The option --secret does not exist: other users of the machine see the command line. Set SESSION_SECRET, or pass --secret-file',
    )
  }
  // One id in 64 begins with a hyphen, and is no option.
  const ids = argv.filter((argument) => /^-[\w-]{20}[AQgw]$/.test(argument))
  const args = argv.filter((argument) => !ids.includes(argument))
  try {
    const { positionals, values } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
    const [command, ...operands] = positionals
    return { command, operands: [...operands, ...ids], options: values }
  } catch (error) {
    // The message names the option; only its first sentence, because the second one is about positional arguments.
    throw wrongUse((error as Error).message.split('. ')[0]!.replace(/\.$/, ''))
  }
}

export const HELP = `sojourn <command> [options]

Commands
  explain [file]       why a Cookie header has a session, or none; the header comes from the file or standard input
  list <subject>       the live sessions of a subject
  revoke <id>          end a session; with --subject, only if it is that subject's
  revoke --all <subject>
                       end all sessions of a subject
  describe             the policy in force; --preset compares it with nistAal1, nistAal2, nistAal3 …
  check                whether the store answers and is set up for sessions
  audit                ASVS 5.0 and NIST SP 800-63B-4, requirement by requirement, as Markdown

Which sessions
  -c, --config <file>  a module of yours that exports the manager: export const sessions = createSessionManager(…)
  --store <url>        or: redis://… or postgres://… (a URL with a password: in the variable SESSION_STORE_URL)
  --secret-file <file> with --store: the secret, one per line; or the variable SESSION_SECRET
  --cookie-name, --audience, --prefix, --schema, --table
                       with --store: as in the options of the manager and of the store

Output
  --json               one JSON value, also for a failure: { "error": … }
  --data               explain: the session's data too; it may be private

Exit code: 0 an answer, 1 a problem or no answer, 2 wrong use. Nothing is written except by revoke.`
