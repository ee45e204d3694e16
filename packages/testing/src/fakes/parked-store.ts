import { deferred } from '../deferred'
import { aroundStore, type StoreOperation } from './store-calls'

/** Where a call waits: before it reaches the store, or after the store has executed it and before the reply. */
export type ParkPoint = 'before' | 'after'

/** A call that waits until the test releases it. */
export interface ParkedCall {
  /** The method of the store. */
  readonly operation: StoreOperation
  /** Its arguments. */
  readonly args: readonly unknown[]
  /** Where it waits. */
  readonly point: ParkPoint
  /**
   * Continues the call. Resolves, and never rejects, when the call is past its point: after `before`, when the store has executed
   * it; after `after`, at once. So releases that are awaited one after another reach the store in that order.
   */
  release(): Promise<void>
  /** Rejects the call with `error`: before it reaches the store, or (at `after`) although the store has executed it. */
  fail(error: unknown): void
}

/** Controls of a parked store. */
export interface Parking {
  /** From now on, calls of `operation` wait at `point` (default `before`). One that waits at both points is parked twice. */
  park(operation: StoreOperation, point?: ParkPoint): void
  /** From now on, calls of `operation` (default: of all) go through again. Waiting calls keep waiting. */
  unpark(operation?: StoreOperation): void
  /** The waiting calls, in order of arrival. */
  readonly parked: readonly ParkedCall[]
  /** Resolves with the next parked call of `operation` that was not returned before, as soon as there is one. */
  nextParked(operation: StoreOperation): Promise<ParkedCall>
  /** Stops parking, and continues all waiting calls. */
  releaseAll(): Promise<void>
}

/**
 * Wraps a store so that its calls wait for the test, which can try every interleaving without sleeping. Keeps `inMemory` and
 * the optional methods of the inner store. Nothing is parked at first.
 *
 * @example
 * const store = parkedStore(memoryStore())
 * store.park('update')
 * const [first, second] = [slowRequest(), otherRequest()]
 * const a = await store.nextParked('update')
 * const b = await store.nextParked('update')
 * await b.release() // the second request's write wins
 * await a.release()
 */
export function parkedStore<Store extends object>(store: Store): Store & Parking {
  const lot = new ParkingLot()
  return aroundStore<Store, Parking>(store, lot, async ({ operation, args, make }) => {
    const made = deferred()
    await lot.stop({ operation, args, point: 'before' }, made.promise)
    try {
      return await make()
    } finally {
      made.resolve()
      await lot.stop({ operation, args, point: 'after' }, Promise.resolve())
    }
  })
}

class ParkingLot implements Parking {
  readonly #points = new Set<string>()
  #parked: ParkedCall[] = []
  #notGivenOut: ParkedCall[] = []
  #waiting: { operation: StoreOperation; give(call: ParkedCall): void }[] = []

  get parked(): readonly ParkedCall[] {
    return this.#parked
  }

  park(operation: StoreOperation, point: ParkPoint = 'before'): void {
    this.#points.add(`${operation} ${point}`)
  }

  unpark(operation?: StoreOperation): void {
    for (const place of this.#points) {
      if (operation === undefined || place.startsWith(`${operation} `)) this.#points.delete(place)
    }
  }

  nextParked(operation: StoreOperation): Promise<ParkedCall> {
    const call = this.#notGivenOut.find((parked) => parked.operation === operation)
    if (!call) return new Promise((give) => this.#waiting.push({ operation, give }))
    this.#notGivenOut = without(this.#notGivenOut, call)
    return Promise.resolve(call)
  }

  async releaseAll(): Promise<void> {
    this.unpark()
    await Promise.all(this.#parked.map((call) => call.release()))
  }

  /** Parks a call if its operation is parked at this point. Its release waits for `past`. */
  async stop(call: Pick<ParkedCall, 'operation' | 'args' | 'point'>, past: Promise<void>): Promise<void> {
    if (!this.#points.has(`${call.operation} ${call.point}`)) return
    const go = deferred()
    const leave = () => {
      this.#parked = without(this.#parked, parked)
      this.#notGivenOut = without(this.#notGivenOut, parked)
    }
    const parked: ParkedCall = {
      ...call,
      release() {
        leave()
        go.resolve()
        return past
      },
      fail(error) {
        leave()
        go.reject(error)
      },
    }
    this.#arrive(parked)
    return go.promise
  }

  #arrive(call: ParkedCall): void {
    this.#parked = [...this.#parked, call]
    const waiter = this.#waiting.find(({ operation }) => operation === call.operation)
    if (!waiter) {
      this.#notGivenOut = [...this.#notGivenOut, call]
      return
    }
    this.#waiting = without(this.#waiting, waiter)
    waiter.give(call)
  }
}

const without = <T>(items: readonly T[], item: T): T[] => items.filter((other) => other !== item)
