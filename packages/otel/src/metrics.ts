import type { Attributes, MeterProvider } from '@opentelemetry/api'
import type { SessionEvent, SessionMessage } from '@sojourn/session-core'
import { errorType, type Readers } from './messages'
import { ATTRIBUTES, METRICS } from './names'

/** From a cached row to a store that has hung for its whole time limit, in seconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
/** From a token to a sealed cookie of nine chunks, in bytes. */
const BYTES = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768]

/** Records durations, sizes and counts. No metric has the id of a session: each would be a series of its own. */
export function metricsOf(provider: MeterProvider, scope: string): Readers & { event(event: SessionEvent): void } {
  const meter = provider.getMeter(scope)
  type Metric = (typeof METRICS)[keyof typeof METRICS]
  const counter = ([name, unit, description]: Metric) => meter.createCounter(name, { unit, description })
  const histogram = ([name, unit, description]: Metric, explicitBucketBoundaries: number[]) =>
    meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries } })

  const durations = {
    open: histogram(METRICS.openDuration, SECONDS),
    commit: histogram(METRICS.commitDuration, SECONDS),
    operation: histogram(METRICS.operationDuration, SECONDS),
    store: histogram(METRICS.storeDuration, SECONDS),
  }
  const cookieSize = histogram(METRICS.cookieSize, BYTES)
  const retries = counter(METRICS.retries)
  const logins = counter(METRICS.logins)
  const logouts = counter(METRICS.logouts)
  const revocations = counter(METRICS.revocations)
  const events = counter(METRICS.events)

  function record(channel: keyof typeof durations, message: SessionMessage, attributes: Attributes): void {
    const failure = errorType(message)
    durations[channel].record((message.ms ?? 0) / 1000, {
      ...sourceOf(message),
      ...attributes,
      ...(failure !== undefined && { [ATTRIBUTES.errorType]: failure }),
    })
  }

  function retried(message: SessionMessage & { retries?: number }, operation: string): void {
    if (message.retries) retries.add(message.retries, { ...sourceOf(message), [ATTRIBUTES.operation]: operation })
  }

  return {
    open: { over: (message) => record('open', message, { [ATTRIBUTES.outcome]: message.outcome }) },
    commit: {
      over(message) {
        record('commit', message, { [ATTRIBUTES.action]: message.action })
        retried(message, 'commit')
        // A cookie that is cleared has no size.
        if (message.cookieBytes) cookieSize.record(message.cookieBytes, sourceOf(message))
      },
    },
    operation: {
      over(message) {
        record('operation', message, { [ATTRIBUTES.operation]: message.operation })
        retried(message, message.operation)
      },
    },
    store: { over: (message) => record('store', message, { [ATTRIBUTES.storeOperation]: message.operation }) },

    event(event) {
      const source = { [ATTRIBUTES.audience]: event.audience }
      const reason = 'reason' in event ? { [ATTRIBUTES.eventReason]: event.reason } : undefined
      events.add(1, { ...source, [ATTRIBUTES.eventType]: event.type, ...reason })
      if (event.type === 'login') logins.add(1, source)
      else if (event.type === 'logout') logouts.add(1, { ...source, ...reason })
      else if (event.type === 'revoked' && event.reason !== 'presented') revocations.add(1, { ...source, ...reason })
    },
  }
}

const sourceOf = ({ audience, store }: SessionMessage): Attributes => ({
  [ATTRIBUTES.audience]: audience,
  [ATTRIBUTES.store]: store,
})
