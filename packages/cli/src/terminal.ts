/** What a command needs of the process that runs it. */
export interface Terminal {
  /** The arguments after the program's name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Relative paths begin here. */
  readonly cwd: string
  /** Whether a person reads the output, so that it may have colours. */
  readonly isTTY: boolean
  /** All of the standard input. */
  input(): Promise<string>
  /** Resolves after this time, in milliseconds, and keeps the process alive until then. */
  after(ms: number): Promise<void>
  /** Rejects with an uncaught error of the application's module, such as an `error` event without a listener. */
  readonly crashed: Promise<never>
  /** Writes a line of the result. */
  print(line: string): void
  /** Writes the one line that says what went wrong. */
  complain(line: string): void
}

/** What went wrong, as one line that says what to do. */
export class CliError extends Error {
  constructor(
    message: string,
    /** 1: the answer is no, or there is none. 2: the command is wrong. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message)
  }
}

export const wrongUse = (message: string): CliError => new CliError(`${message}. See: sojourn --help`, 2)

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const

export type Paint = (colour: keyof typeof COLOURS, text: string) => string

/** Colours for a terminal that has them (https://no-color.org). */
export function paintFor({ isTTY, env }: Pick<Terminal, 'isTTY' | 'env'>): Paint {
  const isPlain = !isTTY || !!env.NO_COLOR || env.TERM === 'dumb'
  return (colour, text) => (isPlain ? text : `\u001b[${COLOURS[colour]}m${text}\u001b[0m`)
}

const WIDTH = 30

/** How much of a time is over, as a bar. */
export function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * WIDTH)
  return '█'.repeat(full) + '░'.repeat(WIDTH - full)
}

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const

/** A length of time in its two largest units: `2 h 5 min`. */
export function duration(ms: number): string {
  let seconds = Math.round(Math.abs(ms) / 1000)
  const parts: string[] = []
  for (const [length, name] of UNITS) {
    const count = Math.floor(seconds / length)
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`)
    seconds -= count * length
  }
  return parts.join(' ') || '0 s'
}

/** An instant as text; a store may hold a number that is none. */
export const instant = (ms: number): string =>
  Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().replace('.000Z', 'Z') : 'never'

/** Text from a session or a store, without characters that could steer the terminal of who reads it. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the characters to replace.
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '�')
