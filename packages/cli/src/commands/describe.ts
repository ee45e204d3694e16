import { type PresetName, presets, type SessionPolicy } from '@sojourn/session-core'
import type { Request } from '../arguments'
import type { Sessions } from '../configuration'
import { type Paint, paintFor, printable, type Terminal, wrongUse } from '../terminal'
import type { Answer } from './output'

/** `sojourn describe`: the policy in force. The exit code is 0, also if the policy has warnings. */
export async function describe(sessions: Sessions, { options }: Request, terminal: Terminal): Promise<Answer> {
  const { preset } = options
  if (preset !== undefined && !Object.hasOwn(presets, preset)) {
    throw wrongUse(`There is no preset ${printable(preset)}; known are ${Object.keys(presets).join(', ')}`)
  }
  const policy = sessions.describe(preset as PresetName | undefined)
  return { value: policy, lines: linesOf(policy, paintFor(terminal)), code: 0 }
}

function* linesOf({ warnings, ...rest }: SessionPolicy, paint: Paint): Generator<string> {
  for (const [name, value] of Object.entries(rest)) yield `${name.padEnd(20)}${shown(value)}`
  for (const warning of warnings) yield `${paint('yellow', 'warning')}             ${warning}`
}

function shown(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return value.join(', ')
  return Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => `${name}=${each}`)
    .join(' ')
}
