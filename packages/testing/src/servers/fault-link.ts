import type { Socket } from 'node:net'
import { Transform } from 'node:stream'

/**
 * What the proxy does to its connections:
 * - `pass`: nothing.
 * - `refuse`: the port is closed, so connections are refused; existing ones are reset.
 * - `hang`: connections are accepted, but no data pass in either direction. Data sent during the hang arrive with the next mode.
 * - `drop-replies`: requests reach the server, its replies are discarded. A connection that lost a reply is reset when
 *   the mode changes, because TCP never continues after a gap.
 * - `{ delay }`: each chunk of a reply is delayed by this many ms.
 * - `{ stallAfter }`: this many bytes of replies pass on each connection, counted from the switch to this mode;
 *   then none. Held data arrive with the next mode.
 * - `{ resetAfter }`: this many bytes of replies pass likewise; then the connection is reset (RST). With 0, it
 *   is reset when the server starts to reply.
 */
export type FaultMode =
  | 'pass'
  | 'refuse'
  | 'hang'
  | 'drop-replies'
  | {
      /** Milliseconds by which each chunk of a reply is late. */
      delay: number
    }
  | {
      /** Bytes of replies that pass before nothing passes. */
      stallAfter: number
    }
  | {
      /** Bytes of replies that pass before the connection is reset. */
      resetAfter: number
    }

/** Calls back after `ms` milliseconds. */
export type SetTimer = (callback: () => void, ms: number) => void

/** Bytes of replies to hold before the proxy stops reading from the server. */
const holdAtMost = 65_536

/**
 * How long a reset waits for the bytes before it, in ms. A client that finds both at once may see the bytes and then a plain
 * end: libuv reports a hang-up that comes with data as one.
 */
const resetLag = 20

/** A mode, as applied to one connection. */
interface Rule {
  /** Bytes of replies that may pass. */
  credit: number
  /** Whether requests reach the server. Default true. */
  requests?: boolean
  /** What happens to replies beyond the credit. Default: they are held. */
  beyond?: 'drop' | 'reset'
  /** Delay of replies in ms. */
  delay?: number
}

function ruleOf(mode: FaultMode): Rule {
  if (mode === 'hang' || mode === 'refuse') return { credit: 0, requests: false }
  if (mode === 'drop-replies') return { credit: 0, beyond: 'drop' }
  if (mode === 'pass') return { credit: Number.POSITIVE_INFINITY }
  if ('delay' in mode) return { credit: Number.POSITIVE_INFINITY, delay: mode.delay }
  return 'stallAfter' in mode ? { credit: mode.stallAfter } : { credit: mode.resetAfter, beyond: 'reset' }
}

/** A chunk of a reply on its way to the client. */
interface Piece {
  bytes: Buffer
  /** Whether its delay has passed. */
  due: boolean
}

/** One connection through the proxy. */
export class Link {
  readonly #client: Socket
  readonly #server: Socket
  readonly #setTimer: SetTimer
  /** What the client sends passes here on its way to the server. */
  readonly #requests: Transform
  /** What the client has sent first: in Postgres, who it is. */
  #greeting: Buffer | undefined
  #rule: Rule = { credit: 0 }
  /** Replies that have not been forwarded. */
  #held: Piece[] = []
  #hasLostBytes = false
  /** How the server closed the connection; the client is told after the last reply. */
  #farewell: 'end' | 'reset' | undefined
  /** True once a reset is scheduled: no later mode can cancel it. */
  #isOver = false

  /** `onRequest` sees each piece that the client sends, and tells whether it may pass. If not, the connection is reset. */
  constructor(
    client: Socket,
    server: Socket,
    setTimer: SetTimer,
    onRequest: (bytes: Buffer, greeting: Buffer) => boolean = () => true,
  ) {
    this.#client = client
    this.#server = server
    this.#setTimer = setTimer
    this.#requests = new Transform({
      transform: (bytes: Buffer, _encoding, done) => {
        this.#greeting ??= bytes
        if (onRequest(bytes, this.#greeting)) return done(null, bytes)
        done()
        this.#reset()
      },
    })
    this.#requests.pipe(server)
    client.on('drain', () => this.#passReplies())
    client.on('error', () => {}) // 'close' follows
    client.on('close', () => server.destroy())
    server.on('data', (bytes) => {
      this.#held.push(this.#piece(bytes))
      this.#passReplies()
    })
    server.on('end', () => this.#serverLeft('end'))
    server.on('error', () => this.#serverLeft('reset'))
  }

  /** Switches to another mode. */
  obey(mode: FaultMode): void {
    if (mode === 'refuse' || (this.#hasLostBytes && mode !== 'drop-replies')) this.#reset()
    if (this.#isOver) return
    this.#rule = ruleOf(mode)
    this.#held = this.#held.map(({ bytes }) => this.#piece(bytes))
    this.#client.unpipe(this.#requests)
    if (this.#rule.requests === false) this.#client.pause()
    else this.#client.pipe(this.#requests)
    this.#passReplies()
  }

  #piece(bytes: Buffer): Piece {
    const { delay } = this.#rule
    const piece = { bytes, due: delay === undefined }
    if (delay !== undefined) {
      this.#setTimer(() => {
        piece.due = true
        this.#passReplies()
      }, delay)
    }
    return piece
  }

  #serverLeft(farewell: 'end' | 'reset'): void {
    this.#farewell = farewell
    this.#passReplies()
  }

  #passReplies(): void {
    while (this.#held[0]?.due && this.#passOn(this.#held[0])) this.#held.shift()
    this.#sayFarewell()
    const size = this.#held.reduce((sum, { bytes }) => sum + bytes.length, 0)
    if (size < holdAtMost && !this.#client.writableNeedDrain) this.#server.resume()
    else this.#server.pause()
  }

  /** Applies the rule to a chunk. Returns whether the chunk is done. */
  #passOn(piece: Piece): boolean {
    const rule = this.#rule
    if (this.#isOver) return false
    if (rule.beyond === 'drop') {
      this.#hasLostBytes = true
      return true
    }
    const bytes = piece.bytes.subarray(0, rule.credit)
    piece.bytes = piece.bytes.subarray(bytes.length)
    rule.credit -= bytes.length
    const isLast = rule.beyond === 'reset' && rule.credit === 0
    if (isLast) this.#isOver = true
    this.#client.write(bytes, isLast ? () => setTimeout(() => this.#reset(), resetLag) : undefined)
    return piece.bytes.length === 0
  }

  #sayFarewell(): void {
    const isHeard = this.#rule.credit > 0 || this.#rule.beyond === 'drop'
    if (!isHeard || this.#held.length > 0 || this.#isOver) return
    if (this.#farewell === 'reset') this.#reset()
    if (this.#farewell === 'end') this.#client.end()
  }

  #reset(): void {
    this.#isOver = true
    this.#client.resetAndDestroy()
    this.#server.destroy()
  }
}
