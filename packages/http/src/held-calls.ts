/** The methods of a response that send its headers, the first time one of them is called. */
export type HeaderSending = 'writeHead' | 'flushHeaders' | 'write' | 'end'

/** At least the default high-water mark of every stream in between, so that these ask for a pause too, and end it. */
const PAUSE_FROM_BYTES = 64 * 1024

/** What a handler did to a response while it was held, to be done again in order. */
export class HeldCalls {
  /** What the held chunks amount to. */
  bytes = 0
  /** Whether the handler has finished its answer. */
  ended = false
  private made = 0
  private readonly calls: { method: HeaderSending; args: unknown[] }[] = []

  get isEmpty(): boolean {
    return this.calls.length === 0
  }

  /** Whether whoever writes should pause until `drain`. */
  get full(): boolean {
    return this.bytes >= PAUSE_FROM_BYTES
  }

  add(method: HeaderSending, args: unknown[]): void {
    this.calls.push({ method, args })
    this.bytes += byteLength(args)
    this.ended = method === 'end'
  }

  /** Makes the calls. Yields whether a writer that was asked to pause has to be told to go on: nobody else is going to. */
  replay(make: (method: HeaderSending, args: unknown[]) => unknown): boolean {
    let flowing = true
    while (this.made < this.calls.length) {
      const { method, args } = this.calls[this.made++]!
      if (make(method, args) === false && method === 'write') flowing = false
    }
    return flowing && this.full && !this.ended
  }

  /** Tells everyone who still waits for a chunk to be written that it never will be. */
  drop(error: unknown): void {
    for (const { method, args } of this.calls.slice(this.made)) refuseCall(method, args, error)
  }
}

/** Does nothing instead of a call, and tells a waiting writer so. Yields what such a call returns when it fails in Node. */
export function refuseCall<Response>(method: HeaderSending, args: unknown[], error: unknown, res?: Response) {
  const written = method === 'write' ? args.find((arg) => typeof arg === 'function') : undefined
  if (written) process.nextTick(written as () => void, error)
  return method === 'write' ? false : res
}

function byteLength([chunk, encoding]: unknown[]): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding as BufferEncoding)
  return (chunk as Uint8Array | undefined)?.byteLength ?? 0
}
