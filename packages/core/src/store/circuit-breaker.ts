/** When a store is no longer asked, and for how long. */
export interface CircuitBreakerSettings {
  /** After so many failures in a row. */
  readonly failures: number
  /** In milliseconds. */
  readonly openFor: number
}

/** What is known of one store. All managers of this process that use it share this. */
interface Condition {
  /** How many calls have been answered in time, and how many have failed since the last of them. */
  answers: number
  failures: number
  /** Since when the store is not asked, by the clock of a manager. Undefined while it is asked. */
  openedAt: number | undefined
  /** Whether a call is under way that was let through to see. */
  isTrying: boolean
}

/** A call that was let through. */
export interface Admission {
  readonly answersBefore: number
  /** Let through to see whether the store answers again. */
  readonly isTrial: boolean
}

const conditions = new WeakMap<object, Condition>()

function conditionOf(store: object): Condition {
  let condition = conditions.get(store)
  if (!condition) {
    condition = { answers: 0, failures: 0, openedAt: undefined, isTrying: false }
    conditions.set(store, condition)
  }
  return condition
}

/** What is known of a store holds for a view of it too. */
export function isViewOf<View extends object>(view: View, store: object): View {
  conditions.set(view, conditionOf(store))
  return view
}

/**
 * Keeps a store that is down from being asked by every request. After `failures` calls in a row without an answer it is open:
 * calls are refused at once. After `openFor` it lets one call at a time through. The first answer closes it.
 *
 * It has no timer: the next call finds out what time it is.
 */
export class CircuitBreaker {
  private readonly condition: Condition

  constructor(
    store: object,
    private readonly settings: CircuitBreakerSettings,
    private readonly clock: () => number,
  ) {
    this.condition = conditionOf(store)
  }

  /** How many calls have failed since the last answer. */
  get failures(): number {
    return this.condition.failures
  }

  /** Lets a call through, or refuses it: undefined. A call that `insists` is never refused. */
  admit(insists: boolean): Admission | undefined {
    const { condition } = this
    const answersBefore = condition.answers
    if (condition.openedAt === undefined || insists) return { answersBefore, isTrial: false }
    const open = this.clock() - condition.openedAt
    // A clock that was set back must not keep it open.
    if (condition.isTrying || (open >= 0 && open < this.settings.openFor)) return undefined
    condition.isTrying = true
    return { answersBefore, isTrial: true }
  }

  /** The store has answered in time. */
  answered(admission: Admission): void {
    this.release(admission)
    this.condition.answers++
    this.condition.failures = 0
    this.condition.openedAt = undefined
  }

  /** The store has answered with an error. That ends an outage, and begins none. */
  refused(admission: Admission): void {
    if (admission.isTrial) this.answered(admission)
  }

  /** The call ran out of time, or its connection failed. It tells nothing if another call was answered since it began. */
  failed(admission: Admission): void {
    const { condition, settings } = this
    this.release(admission)
    if (admission.answersBefore !== condition.answers) return
    condition.failures++
    const opens = condition.openedAt === undefined && condition.failures >= settings.failures
    if (opens || admission.isTrial) condition.openedAt = this.clock()
  }

  /** The call tells nothing about the store. */
  release({ isTrial }: Admission): void {
    if (isTrial) this.condition.isTrying = false
  }
}
