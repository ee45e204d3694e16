import { checkChoice } from '../check'
import { type ResolvedOptions, rollingWarning } from './options'
import { type PresetName, presets } from './presets'

/** The policy in force, for a person to read or a document to quote. */
export interface SessionPolicy {
  /** Where sessions live: in the sealed cookie, or in a store. */
  readonly store: 'cookie' | 'store'
  /** Which application's slot of the session this manager uses. */
  readonly audience: string
  /** Name and attributes of the cookie, defaults filled in. */
  readonly cookie: ResolvedOptions['cookie']
  /** In seconds; 0 for a clock that is off. */
  readonly timeouts: Readonly<Record<Exclude<keyof ResolvedOptions['timeouts'], 'graceFrom'>, number>> &
    Pick<ResolvedOptions['timeouts'], 'graceFrom'>
  /** How many sessions a subject may have; undefined for no limit. */
  readonly maxPerSubject: number | undefined
  /** What a login beyond that limit does. */
  readonly onLimit: ResolvedOptions['onLimit']
  /** What a token that comes back after its grace does. */
  readonly onReuse: ResolvedOptions['onReuse']
  /** What a request gets while the store is down. */
  readonly onUnavailable: ResolvedOptions['onUnavailable']
  /** In seconds. */
  readonly storeTimeout: number
  /** What logout, revocation and a new token do to copies of the old one. */
  readonly afterLogout: string
  /** Cookie and clocks (in seconds) of remember-me, where it is switched on. */
  readonly remember: { readonly cookie: string; readonly rolling: number; readonly absolute: number } | undefined
  /** Which traits of the client new sessions are bound to. */
  readonly bind: ResolvedOptions['bind']
  /** What may not be as its author expects, and where the policy is looser than the preset it was compared with. */
  readonly warnings: readonly string[]
}

const COPIES_DIE = 'Every copy of the old token is dead at once.'
const COPIES_LIVE =
  'Copies of the old cookie live on until their own clocks end: cookie mode without revocations cannot end them.'

const REMEMBER_LIVES =
  'A copy of a remember-me cookie cannot be told from the original in cookie mode, so its reuse is not noticed. It is dead once its session was ended.'
const REMEMBER_COPIES =
  'A copy of a remember-me cookie begins new sessions until its own clocks end, also after a logout: it cannot be told from the original.'

/** What is legal and may not do what its author expects, by option. */
export function configWarnings({ timeouts, store, revocations, remember }: ResolvedOptions) {
  const early = rollingWarning(timeouts)
  return [
    ...(early ? [{ option: 'timeouts', message: early }] : []),
    ...(store || revocations ? [] : [{ option: 'revocations', message: COPIES_LIVE }]),
    ...(store || !remember ? [] : [{ option: 'remember', message: revocations ? REMEMBER_LIVES : REMEMBER_COPIES }]),
  ]
}

/** The policy in force; with `preset`, its warnings say what is looser than that. @throws SessionConfigError if there is no such preset. */
export function describe(options: ResolvedOptions, preset?: PresetName): SessionPolicy {
  checkChoice('preset', preset, Object.keys(presets))
  const { timeouts, store, revocations, remember } = options
  const seconds = (ms: number) => ms / 1000
  return {
    store: store ? 'store' : 'cookie',
    audience: options.audience,
    cookie: { ...options.cookie },
    timeouts: {
      idle: seconds(timeouts.idle),
      rolling: seconds(timeouts.rolling),
      absolute: seconds(timeouts.absolute),
      renewAfter: timeouts.renewAfter,
      staleTtl: seconds(timeouts.staleTtl),
      graceFrom: timeouts.graceFrom,
      touchThreshold: seconds(timeouts.touchThreshold),
    },
    maxPerSubject: options.maxPerSubject,
    onLimit: options.onLimit,
    onReuse: options.onReuse,
    onUnavailable: options.onUnavailable,
    storeTimeout: seconds(options.storeTimeout),
    afterLogout: store || revocations ? COPIES_DIE : COPIES_LIVE,
    remember: remember && {
      cookie: remember.cookie.name,
      rolling: seconds(remember.timeouts.rolling),
      absolute: seconds(remember.timeouts.absolute),
    },
    bind: [...options.bind],
    warnings: [
      ...configWarnings(options).map(({ message }) => message),
      ...(preset ? looserThan(preset, options) : []),
    ],
  }
}

function looserThan(preset: PresetName, { timeouts }: ResolvedOptions): string[] {
  const limits = presets[preset]
  return (['idle', 'absolute'] as const).flatMap((clock) => {
    const [limit, own] = [limits[clock], timeouts[clock] / 1000]
    if (limit === 0 || (own > 0 && own <= limit)) return []
    return [`${clock} is ${own === 0 ? 'off' : `${own} s`}, looser than the ${limit} s of ${preset}.`]
  })
}
