import diagnostics from 'node:diagnostics_channel'
import { diag, type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import type { SessionEvent, SessionMessage } from '@sojourn/session-core'
import { type OptionTable, readOptions, withMethods } from '#check'
import type { Messages, Reader } from './messages'
import { metricsOf } from './metrics'
import { spansOf } from './spans'

/** The instrumentation scope of all spans and metrics. */
const SCOPE = '@sojourn/session-otel'

/** Options of {@link instrumentSessions}. */
export interface InstrumentOptions {
  /**
   * Makes the spans.
   * @default the global one: trace.getTracerProvider()
   */
  tracerProvider?: TracerProvider
  /**
   * Makes the metrics.
   * @default the global one: metrics.getMeterProvider()
   */
  meterProvider?: MeterProvider
}

const OPTIONS = {
  tracerProvider: { kind: withMethods('getTracer') },
  meterProvider: { kind: withMethods('getMeter') },
} satisfies OptionTable<InstrumentOptions>

/**
 * Makes spans and metrics of all sessions in this process: of every manager, made before or after. Call it once, when the
 * OpenTelemetry SDK has started. Calling it twice counts everything twice.
 *
 * An error of the SDK reaches no request: it goes to `diag` of `@opentelemetry/api`.
 * @returns a function that stops it. An operation that is under way then leaves no span.
 * @example
 * const stop = instrumentSessions()
 * @throws SessionConfigError for an unknown option, and for a provider that is none.
 */
export function instrumentSessions(options: InstrumentOptions = {}): () => void {
  const { tracerProvider = trace.getTracerProvider(), meterProvider = metrics.getMeterProvider() } = readOptions(
    'instrumentSessions.',
    options,
    OPTIONS,
  )
  const spans = spansOf(tracerProvider, SCOPE)
  const meters = metricsOf(meterProvider, SCOPE)
  const stops = [
    follow('open', [spans.open, meters.open]),
    follow('commit', [spans.commit, meters.commit]),
    follow('operation', [spans.operation, meters.operation]),
    follow('store', [spans.store, meters.store]),
  ]
  const count = (event: unknown) => safely(() => meters.event(event as SessionEvent))
  diagnostics.subscribe('sojourn.event', count)
  stops.push(() => void diagnostics.unsubscribe('sojourn.event', count))
  return () => {
    for (const stop of stops) stop()
  }
}

/** Calls readers with the messages of a channel, until the function that it returns is called. */
function follow<Name extends keyof Messages>(name: Name, readers: readonly Reader<Messages[Name]>[]): () => void {
  type Message = Messages[Name]
  const channel = diagnostics.tracingChannel<unknown, Message & SessionMessage>(`sojourn.${name}`)
  const over = (message: Message) => {
    for (const reader of readers) safely(() => reader.over(message))
  }
  const subscribers = {
    start(message: Message) {
      for (const reader of readers) safely(() => reader.started?.(message))
    },
    // A commit that waits for nothing is over here.
    end(message: Message) {
      if (message.ms !== undefined) over(message)
    },
    asyncStart() {},
    asyncEnd: over,
    error() {},
  }
  channel.subscribe(subscribers)
  return () => void channel.unsubscribe(subscribers)
}

/** What a subscriber throws would be an uncaught exception. */
function safely(step: () => void): void {
  try {
    step()
  } catch (error) {
    diag.error('@sojourn/session-otel', error)
  }
}
