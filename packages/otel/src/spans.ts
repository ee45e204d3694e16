import { type Attributes, context, type Span, SpanStatusCode, type TracerProvider, trace } from '@opentelemetry/api'
import type { SessionMessage } from '@sojourn/session-core'
import { errorType, type Reader, type Readers } from './messages'
import { ATTRIBUTES } from './names'

/** Makes a span of each operation. It is the active one while the operation runs, so a driver's own spans are below it. */
export function spansOf(provider: TracerProvider, scope: string): Readers {
  const tracer = provider.getTracer(scope)
  const spans = new WeakMap<SessionMessage, Span>()

  function reader<Message extends SessionMessage>(
    nameOf: (message: Message) => string | undefined,
    attributesOf: (message: Message) => Attributes,
  ): Reader<Message> {
    return {
      started(message) {
        const name = nameOf(message)
        if (name === undefined) return
        const attributes = { [ATTRIBUTES.audience]: message.audience, [ATTRIBUTES.store]: message.store }
        const span = tracer.startSpan(name, { attributes })
        spans.set(message, span)
        const { within = (work) => work() } = message
        const active = trace.setSpan(context.active(), span)
        message.within = (work) => within(() => context.with(active, work))
      },
      over(message) {
        const span = spans.get(message)
        if (!span) return
        span.setAttributes(attributesOf(message))
        const failure = errorType(message)
        if (failure !== undefined) {
          span.setAttribute(ATTRIBUTES.errorType, failure)
          span.setStatus({ code: SpanStatusCode.ERROR, message: failure })
        }
        span.end()
      },
    }
  }

  return {
    open: reader(
      () => 'session open',
      ({ outcome, id }) => ({ [ATTRIBUTES.outcome]: outcome, [ATTRIBUTES.id]: id }),
    ),
    commit: reader(
      // It does nothing, and most requests have one.
      ({ action }) => (action === 'ignore' ? undefined : 'session commit'),
      ({ action, keys, id, retries, cookieBytes }) => ({
        [ATTRIBUTES.action]: action,
        [ATTRIBUTES.keys]: keys.length,
        [ATTRIBUTES.id]: id,
        [ATTRIBUTES.retries]: retries,
        [ATTRIBUTES.cookieBytes]: cookieBytes,
      }),
    ),
    operation: reader(
      ({ operation }) => `session ${operation}`,
      ({ operation, id, retries }) => ({
        [ATTRIBUTES.operation]: operation,
        [ATTRIBUTES.id]: id,
        [ATTRIBUTES.retries]: retries,
      }),
    ),
    store: reader(
      ({ operation }) => `session store ${operation}`,
      ({ operation, id }) => ({ [ATTRIBUTES.storeOperation]: operation, [ATTRIBUTES.id]: id }),
    ),
  }
}
