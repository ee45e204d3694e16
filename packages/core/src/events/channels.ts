import type { SessionMessage } from './messages'

// Core imports no Node built-in, so it declares what it uses of node:diagnostics_channel.
interface Channel {
  readonly hasSubscribers: boolean
  publish(message: object): void
}

interface TracingChannel {
  readonly hasSubscribers: boolean
  readonly start: Channel & { runStores(message: object, run: () => void): void }
  readonly end: Channel
  readonly asyncStart: Channel
  readonly asyncEnd: Channel
  readonly error: Channel
}

interface Diagnostics {
  channel(name: string): Channel
  tracingChannel(name: string): TracingChannel
}

const SILENT = { hasSubscribers: false } as Channel & TracingChannel

function diagnostics(): Diagnostics {
  const runtime = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process
  const found = runtime?.getBuiltinModule?.('node:diagnostics_channel') as Partial<Diagnostics> | undefined
  if (found?.channel && found.tracingChannel) return found as Diagnostics
  return { channel: () => SILENT, tracingChannel: () => SILENT }
}

const { channel, tracingChannel } = diagnostics()

/** Where core tells what it does. Ask `hasSubscribers` before a message is made: a request must not pay where no one listens. */
export const channels = {
  open: tracingChannel('sojourn.open'),
  commit: tracingChannel('sojourn.commit'),
  operation: tracingChannel('sojourn.operation'),
  store: tracingChannel('sojourn.store'),
  event: channel('sojourn.event'),
}

/**
 * Runs work as one operation of a tracing channel. `complete` fills in the message once the work is over. A subscriber cannot
 * change the result: the message never has it, because it may hold a token, which is also why this is not `tracePromise`.
 */
export function traced<Message extends SessionMessage, Result>(
  tracing: TracingChannel,
  message: Message,
  work: () => Result,
  complete?: (message: Message, result?: Awaited<Result>, error?: unknown) => void,
): Result {
  const startedAt = performance.now()
  let begun: { result: Result } | { error: unknown } | undefined
  const begin = () => {
    begun ??= attempt(work)
  }
  harmless(() => tracing.start.runStores(message, () => (message.within ? message.within(begin) : begin())))
  begin()
  const done = begun as unknown as { result: Result } | { error: unknown }

  const finish = (result?: Awaited<Result>, error?: unknown) =>
    harmless(() => {
      message.ms = performance.now() - startedAt
      complete?.(message, result, error)
    })
  const fail = (error: unknown) => {
    finish(undefined, error)
    harmless(() => {
      message.error = error
    })
    tracing.error.publish(message)
    return error
  }
  if ('error' in done) {
    const error = fail(done.error)
    tracing.end.publish(message)
    throw error
  }
  const { result } = done
  if (!(result instanceof Promise)) {
    finish(result as Awaited<Result>)
    tracing.end.publish(message)
    return result
  }
  tracing.end.publish(message)
  const end = () => {
    tracing.asyncStart.publish(message)
    tracing.asyncEnd.publish(message)
  }
  return result.then(
    (value) => {
      finish(value)
      end()
      return value
    },
    (error) => {
      fail(error)
      end()
      throw error
    },
  ) as Result
}

function attempt<Result>(work: () => Result): { result: Result } | { error: unknown } {
  try {
    return { result: work() }
  } catch (error) {
    return { error }
  }
}

/** What a subscriber does to the message must not reach the request: it may have frozen it. */
function harmless(step: () => void): void {
  try {
    step()
  } catch {}
}
