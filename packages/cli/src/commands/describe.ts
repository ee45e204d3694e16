import type { PresetName } from '@sojourn/session-core'
import type { Request } from '../arguments'
import type { Sessions } from '../configuration'
import { paintFor, type Terminal } from '../terminal'
import { json } from './output'

/** `sojourn describe`: the policy in force. */
export async function describe(sessions: Sessions, { options }: Request, terminal: Terminal): Promise<number> {
  const policy = sessions.describe(options.preset as PresetName | undefined)
  if (options.json) {
    terminal.print(json(policy))
    return 0
  }
  const { warnings, ...rest } = policy
  for (const [name, value] of Object.entries(rest)) terminal.print(`${name.padEnd(20)}${shown(value)}`)
  for (const warning of warnings) terminal.print(`${paintFor(terminal)('yellow', 'warning')}             ${warning}`)
  return 0
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
