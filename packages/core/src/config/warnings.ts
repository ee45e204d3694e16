import { platform } from '#platform'
import { memberOf } from '../check'
import type { TimeoutPolicy } from '../record/timeouts'
import { millisecondWarnings } from './milliseconds'
import type { ResolvedOptions } from './options'
import type { SessionImporter } from './session-import'
import type { SessionOptions } from './session-options'

/** What is legal and may not do what its author expects. */
export interface ConfigWarning {
  /** The option's path. */
  readonly option: string
  readonly message: string
  /** Whether hardly any application means it: then it is a warning of the process where there is no `onEvent`. */
  readonly isLikelyMistake?: true
}

export const COPIES_LIVE =
  'Copies of the old cookie live on until their own clocks end: cookie mode without revocations cannot end them.'
const REMEMBER_LIVES =
  'A copy of a remember-me cookie cannot be told from the original in cookie mode, so its reuse is not noticed. It is dead once its session was ended.'
const REMEMBER_COPIES =
  'A copy of a remember-me cookie begins new sessions until its own clocks end, also after a logout: it cannot be told from the original.'

/** The warnings of a configuration: of its options as they were given, and as they are in force. */
export function configWarnings(
  given: SessionOptions,
  options: ResolvedOptions,
  importer: SessionImporter | undefined,
): ConfigWarning[] {
  const { timeouts, store, revocations, remember } = options
  return [
    ...millisecondWarnings(given).map((warning) => ({ ...warning, isLikelyMistake: true as const })),
    ...memoryWarnings(options),
    ...(importer?.warnings ?? []).map((message) => ({ option: 'imports', message, isLikelyMistake: true as const })),
    ...[rollingWarning(timeouts), absoluteWarning(timeouts)].flatMap((message) =>
      message ? [{ option: 'timeouts', message }] : [],
    ),
    ...(store || revocations ? [] : [{ option: 'revocations', message: COPIES_LIVE }]),
    ...(store || !remember ? [] : [{ option: 'remember', message: revocations ? REMEMBER_LIVES : REMEMBER_COPIES }]),
  ]
}

/** Memory is not shared: in one of several processes, answers alternate between logged in and not. */
function memoryWarnings({ store, revocations }: ResolvedOptions): ConfigWarning[] {
  const inMemory = (value: object | undefined) => value && memberOf(value, 'inMemory') && platform.isOneOfSeveral()
  const of = (option: string, consequence: string): ConfigWarning => ({
    option,
    message: `Each process has a memory of its own: ${consequence}. Use what all processes share, in Redis or Postgres.`,
    isLikelyMistake: true,
  })
  return [
    ...(inMemory(store) ? [of('store', 'a user who is logged in at one is not at the next')] : []),
    ...(inMemory(revocations) ? [of('revocations', 'a cookie that one has revoked is valid at the next')] : []),
  ]
}

/** Why idle has no effect; undefined if it has. */
function absoluteWarning({ idle, absolute }: TimeoutPolicy): string | undefined {
  if (absolute === 0 || idle <= absolute) return undefined
  const [i, a] = [idle, absolute].map((ms) => Math.round(ms / 1000))
  return `idle (${i} s) is longer than absolute (${a} s), so idle never ends a session. Lower idle, or raise absolute.`
}

/** Why users may be logged out earlier than `idle` suggests; undefined if they are not. */
function rollingWarning({ idle, rolling, renewAfter }: TimeoutPolicy): string | undefined {
  if (rolling === 0 || idle <= rolling * (1 - renewAfter)) return undefined
  const [i, r, window] = [idle, rolling, rolling * (1 - renewAfter)].map((ms) => Math.round(ms / 1000))
  return (
    `idle (${i} s) is longer than the last part of rolling (${window} of ${r} s) in which a request renews the session: ` +
    'a user who pauses across it is logged out before idle runs out. Raise rolling to four times idle, or lower idle.'
  )
}
