import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { instrumentSessions } from '@sojourn/session-otel'

/** One series of a metric: its attributes, and its value or number of values. */
export interface Series {
  readonly attributes: Record<string, unknown>
  readonly count: number
  readonly sum: number
}

/** The OpenTelemetry SDK with exporters in memory, and the sessions of this process instrumented. */
export class Telemetry {
  private readonly spanExporter = new InMemorySpanExporter()
  private readonly metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.spanExporter)] })
  readonly meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: this.metricExporter, exportIntervalMillis: 3_600_000 })],
  })
  readonly stop: () => void

  constructor() {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    trace.setGlobalTracerProvider(this.tracerProvider)
    const { meterProvider, tracerProvider } = this
    this.stop = instrumentSessions({ meterProvider, tracerProvider })
  }

  get spans(): ReadableSpan[] {
    return this.spanExporter.getFinishedSpans()
  }

  forgetSpans(): void {
    this.spanExporter.reset()
  }

  /** Each span as the path of names that leads to it: `request > session open > session store read`. */
  get paths(): string[] {
    const byId = new Map(this.spans.map((span) => [span.spanContext().spanId, span]))
    const pathOf = (span: ReadableSpan): string => {
      const parent = byId.get(span.parentSpanContext?.spanId ?? '')
      return parent ? `${pathOf(parent)} > ${span.name}` : span.name
    }
    return this.spans.map(pathOf).toSorted()
  }

  /** What an exporter gets. Undefined if nothing was recorded. */
  async collect(): Promise<ResourceMetrics | undefined> {
    this.metricExporter.reset()
    await this.meterProvider.forceFlush()
    return this.metricExporter.getMetrics().at(-1)
  }

  /** The series of every metric, by its name. */
  async metrics(): Promise<Map<string, Series[]>> {
    const metrics = (await this.collect())?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
    return new Map(
      metrics.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ attributes, value }) =>
          typeof value === 'number'
            ? { attributes, count: value, sum: value }
            : { attributes, count: (value as { count: number }).count, sum: (value as { sum?: number }).sum ?? 0 },
        ),
      ]),
    )
  }

  async close(): Promise<void> {
    this.stop()
    await Promise.all([this.tracerProvider.shutdown(), this.meterProvider.shutdown()])
    trace.disable()
    context.disable()
  }
}
