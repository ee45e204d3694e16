import { ServerResponse } from 'node:http'
import type { HeldMethod, Methods } from './held-calls'

/** A hold, as the methods see it that many responses share. */
interface Receiver {
  receive(methods: Methods, method: HeldMethod, args: unknown[]): unknown
}

/** Methods, and those that were there before. */
interface Replaced {
  readonly methods: Methods
  readonly original: Methods
}

/** Those that Node's responses have. */
const SENDING = ['writeHead', 'flushHeaders', 'write', 'end'] as const

const HOLD = Symbol('hold')
type MaybeHeld = ServerResponse & { [HOLD]?: Receiver }

let replaced: Replaced | undefined

/**
 * Express changes the prototype of each response. After that, V8 makes a hidden class for every property that a response is given,
 * which takes longer than all else that a hold does. So the methods of such responses are replaced once, on Node's prototype:
 * a response keeps that one when further applications change the others. Undefined if this response does not have its methods
 * from there, or is held already: then it needs its own.
 */
export function shareMethods(res: MaybeHeld, receiver: Receiver): Replaced | undefined {
  const { prototype } = ServerResponse
  if (Object.getPrototypeOf(res) === prototype || !(res instanceof ServerResponse)) return undefined
  replaced ??= replaceMethods(prototype as unknown as Methods)
  const { methods } = replaced
  const isShared = (method: HeldMethod) => (res as unknown as Methods)[method] === methods[method]
  if ('flush' in res || !SENDING.every(isShared) || res[HOLD]) return undefined
  res[HOLD] = receiver
  return replaced
}

function replaceMethods(prototype: Methods): Replaced {
  const [methods, original] = [{} as Methods, {} as Methods]
  for (const method of SENDING) {
    const before = prototype[method]
    original[method] = before
    methods[method] = function (this: MaybeHeld, ...args: unknown[]) {
      const receiver = this[HOLD]
      return receiver ? receiver.receive(methods, method, args) : before.apply(this, args)
    }
    // As Node's are, and no error where the prototype is frozen.
    Reflect.defineProperty(prototype, method, {
      value: methods[method],
      writable: true,
      enumerable: true,
      configurable: true,
    })
  }
  return { methods, original }
}
