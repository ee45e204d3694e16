/**
 * The methods of a response that wait. Each of them sends the headers if they have not been sent, except `flush`: that is a
 * compression's, and sends what it has encoded so far.
 */
const METHODS = ['writeHead', 'flushHeaders', 'write', 'end', 'flush'] as const
export type HeldMethod = (typeof METHODS)[number]

/** These methods, of a response or in their place. */
export type Methods = Record<HeldMethod, (...args: unknown[]) => unknown>

/** Those of these methods that `find` knows. */
export function methodsOf(find: (method: HeldMethod) => Methods[HeldMethod] | undefined): Methods {
  const found: Partial<Methods> = {}
  for (const method of METHODS) {
    const make = find(method)
    if (make) found[method] = make
  }
  return found as Methods
}

/** At least the default high-water mark of Node's streams, so that a stream that pipes into us pauses too. */
const PAUSE_FROM_BYTES = 64 * 1024

/** The calls a handler made while its response waited, to be made again in order. */
export class HeldCalls {
  /** The size of all held chunks. */
  bytes = 0
  /** Whether `end` was called. */
  ended = false
  private replayed = 0
  private readonly calls: { method: HeldMethod; args: unknown[] }[] = []

  get isEmpty(): boolean {
    return this.calls.length === 0
  }

  /** Whether the writer should pause until `drain`. */
  get isFull(): boolean {
    return this.bytes >= PAUSE_FROM_BYTES
  }

  add(method: HeldMethod, args: unknown[]): void {
    this.calls.push({ method, args })
    this.bytes += byteLength(args)
    this.ended = method === 'end'
  }

  /**
   * Makes the calls.
   * @returns whether the caller must emit `drain`: a writer was told to pause, and Node itself will not tell it to go on.
   */
  replay(make: (method: HeldMethod, args: unknown[]) => unknown): boolean {
    let flowing = true
    while (this.replayed < this.calls.length) {
      const { method, args } = this.calls[this.replayed++]!
      if (make(method, args) === false && method === 'write') flowing = false
    }
    return flowing && this.isFull && !this.ended
  }

  /** Gives `error` to the callback of each chunk that was not replayed. */
  discard(error: unknown): void {
    for (const { method, args } of this.calls.slice(this.replayed)) refuseCall(method, args, error)
  }
}

/** Answers a call without making it: gives `error` to the callback of a write, and returns what a failed call returns in Node. */
export function refuseCall<Response>(method: HeldMethod, args: unknown[], error: unknown, res?: Response) {
  const callback = method === 'write' ? args.find((arg) => typeof arg === 'function') : undefined
  if (callback) process.nextTick(callback as () => void, error)
  return method === 'write' ? false : res
}

function byteLength([chunk, encoding]: unknown[]): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding as BufferEncoding)
  return (chunk as Uint8Array | undefined)?.byteLength ?? 0
}
