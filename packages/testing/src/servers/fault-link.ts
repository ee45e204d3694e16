import type { Socket } from 'node:net'

/**
 * What the proxy does to its connections:
 * - `pass`: nothing.
 * - `refuse`: nobody listens on its port, connections are refused; existing ones are reset.
 * - `hang`: connections are accepted, and nothing moves in either direction. What was sent meanwhile arrives with the next mode.
 * - `drop-replies`: requests reach the server, its replies are thrown away. A connection that lost a reply is reset when
 *   the mode changes, as TCP never goes on with a gap.
 * - `{ delay }`: each piece of a reply comes so many ms late.
 * - `{ stallAfter }`: so many bytes of replies come through on each connection, counted from the switch to this mode;
 *   then nothing more. What is held back arrives with the next mode.
 * - `{ resetAfter }`: so many bytes of replies come through likewise; then the connection is reset (RST). With 0, it
 *   is reset once the server has begun to answer.
 */
export type FaultMode =
  | 'pass'
  | 'refuse'
  | 'hang'
  | 'drop-replies'
  | { delay: number }
  | { stallAfter: number }
  | { resetAfter: number }

/** Calls back after so many ms. */
export type SetTimer = (callback: () => void, ms: number) => void

/** How many bytes of replies are held before the server is made to wait. */
const holdAtMost = 65_536

/**
 * How long a reset waits for the bytes before it, in ms. A client that finds both at once may see the bytes and then a plain
 * end: libuv reports a hang-up that comes with data as one.
 */
const resetLag = 20

/** What a mode means for one connection. */
interface Rule {
  /** How many bytes of replies may come through. */
  credit: number
  /** Whether requests reach the server. Default true. */
  requests?: boolean
  /** What becomes of replies beyond the credit. Default: they are held. */
  beyond?: 'drop' | 'reset'
  /** How late replies come, in ms. */
  delay?: number
}

function ruleOf(mode: FaultMode): Rule {
  if (mode === 'hang' || mode === 'refuse') return { credit: 0, requests: false }
  if (mode === 'drop-replies') return { credit: 0, beyond: 'drop' }
  if (mode === 'pass') return { credit: Number.POSITIVE_INFINITY }
  if ('delay' in mode) return { credit: Number.POSITIVE_INFINITY, delay: mode.delay }
  return 'stallAfter' in mode ? { credit: mode.stallAfter } : { credit: mode.resetAfter, beyond: 'reset' }
}

/** A piece of a reply on its way to the client. */
interface Piece {
  bytes: Buffer
  /** Whether its delay is over. */
  due: boolean
}

/** One connection through the proxy. */
export class Link {
  readonly #client: Socket
  readonly #server: Socket
  readonly #setTimer: SetTimer
  #rule: Rule = { credit: 0 }
  /** Replies that have not been passed on. */
  #held: Piece[] = []
  #hasLostBytes = false
  /** How the server has left, which the client hears after the last reply. */
  #farewell: 'end' | 'reset' | undefined
  /** Set once a reset is on its way: no mode can bring the connection back. */
  #isOver = false

  constructor(client: Socket, server: Socket, setTimer: SetTimer) {
    this.#client = client
    this.#server = server
    this.#setTimer = setTimer
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

  /** Goes on in another mode. */
  obey(mode: FaultMode): void {
    if (mode === 'refuse' || (this.#hasLostBytes && mode !== 'drop-replies')) this.#reset()
    if (this.#isOver) return
    this.#rule = ruleOf(mode)
    this.#held = this.#held.map(({ bytes }) => this.#piece(bytes))
    this.#client.unpipe(this.#server)
    if (this.#rule.requests === false) this.#client.pause()
    else this.#client.pipe(this.#server)
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

  /** Does with a piece what the rule says; whether that was all of it. */
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
