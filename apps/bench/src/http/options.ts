import { parseArgs } from 'node:util'
import { type Cell, cells } from '../servers'
import type { Plan } from './measure-cell'
import { requestKinds } from './visitor'

/** What to compare, and how long. */
export interface HttpOptions {
  cells: Cell[]
  plan: Plan
  /** True: a short run that only shows that every server gives the right answers. */
  quick: boolean
}

const full: Plan = { requests: requestKinds, sessions: [16, 10_000], rounds: 7, warmUp: 2, seriesLength: 3000 }
const quick: Plan = { requests: requestKinds, sessions: [16], rounds: 1, warmUp: 0, seriesLength: 32 }

const list = { type: 'string', multiple: true } as const
const optionTypes = {
  framework: list,
  storage: list,
  request: list,
  sessions: list,
  rounds: { type: 'string' },
  quick: { type: 'boolean' },
} as const

/** The command line: names of sections, and options of the section `http`. @throws an Error that says what is wrong. */
export function readCommandLine(args: string[]): { sections: string[]; http: HttpOptions } {
  const { values, positionals } = parseArgs({ args, options: optionTypes, allowPositionals: true })
  const all = cells()
  const frameworks = chosen('framework', values.framework, [...new Set(all.map(({ framework }) => framework))])
  const storages = chosen('storage', values.storage, [...new Set(all.map(({ storage }) => storage))])
  const plan = { ...(values.quick ? quick : full), requests: chosen('request', values.request, requestKinds) }
  if (values.sessions) plan.sessions = split(values.sessions).map((text) => count('sessions', text))
  if (values.rounds) plan.rounds = count('rounds', values.rounds)
  return {
    // An option of `http` without a section means `http`.
    sections: positionals.length === 0 && Object.keys(values).length > 0 ? ['http'] : positionals,
    http: {
      cells: all.filter(({ framework, storage }) => frameworks.includes(framework) && storages.includes(storage)),
      plan,
      quick: values.quick ?? false,
    },
  }
}

const split = (values: string[]) => values.flatMap((value) => value.split(','))

/** The named ones, in any case of letters; all of them if none is named. */
function chosen<Name extends string>(option: string, values: string[] | undefined, names: readonly Name[]): Name[] {
  if (!values) return [...names]
  return split(values).map((value) => {
    const name = names.find((name) => name.toLowerCase() === value.toLowerCase())
    if (!name) throw new Error(`--${option} takes ${names.join(', ')}; there is no ${value}.`)
    return name
  })
}

function count(option: string, text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${option} takes whole numbers from 1; not ${text}.`)
  return number
}
