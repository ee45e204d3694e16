import {
  createSessionManager,
  memoryStore,
  type RememberOptions,
  type SessionEvent,
  type TimeoutOptions,
} from '@sojourn/session-core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { SECRET } from '../helpers/browser'

interface Durations {
  timeouts?: TimeoutOptions
  remember?: RememberOptions
  storeTimeout?: number
  circuitBreaker?: { openFor: number }
}

/** What is said of these durations: the events, which are also the warnings of `describe`. */
function warningsOf(durations: Durations): Record<string, string> {
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent) => events.push(event)
  const sessions = createSessionManager({ secret: SECRET, store: memoryStore(), onEvent, ...durations })
  const warnings = events.filter((event) => event.type === 'config-warning')
  expect(sessions.describe().warnings).toEqual(warnings.map(({ message }) => message))
  return Object.fromEntries(warnings.map(({ option, message }) => [option, message]))
}

describe('a duration that was written in milliseconds', () => {
  it.each<[Durations, string, string]>([
    [
      { timeouts: { idle: 1_800_000 } },
      'timeouts.idle',
      'timeouts.idle is 1 800 000 seconds, which are 20.8 days. Durations are in seconds: for 30 minutes, write 1800.',
    ],
    [{ timeouts: { idle: 60_000 } }, 'timeouts.idle', '16.7 hours. Durations are in seconds: for 1 minute, write 60.'],
    [
      { timeouts: { idle: 900_000 } },
      'timeouts.idle',
      '10.4 days. Durations are in seconds: for 15 minutes, write 900.',
    ],
    [
      { timeouts: { idle: 10_800_000 } },
      'timeouts.idle',
      '125 days. Durations are in seconds: for 3 hours, write 10800.',
    ],
    [{ timeouts: { rolling: 3_600_000 } }, 'timeouts.rolling', 'for 1 hour, write 3600.'],
    [
      { timeouts: { absolute: 86_400_000 } },
      'timeouts.absolute',
      '1000 days. Durations are in seconds: for 1 day, write 86400.',
    ],
    [{ timeouts: { absolute: 2_592_000_000 } }, 'timeouts.absolute', 'for 30 days, write 2592000.'],
    [
      { timeouts: { staleTtl: 10_000 } },
      'timeouts.staleTtl',
      '2.8 hours. Durations are in seconds: for 10 seconds, write 10.',
    ],
    [{ timeouts: { idle: 0, touchThreshold: 60_000 } }, 'timeouts.touchThreshold', 'for 1 minute, write 60.'],
    [{ remember: { rolling: 604_800_000 } }, 'remember.rolling', 'for 7 days, write 604800.'],
    [{ remember: { absolute: 31_536_000_000 } }, 'remember.absolute', 'for 365 days, write 31536000.'],
    [{ storeTimeout: 2000 }, 'storeTimeout', '33.3 minutes. Durations are in seconds: for 2 seconds, write 2.'],
    [{ circuitBreaker: { openFor: 1000 } }, 'circuitBreaker.openFor', 'for 1 second, write 1.'],
    [{ storeTimeout: 500 }, 'storeTimeout', '8.3 minutes. Durations are in seconds: for 0.5 seconds, write 0.5.'],
  ])('has a warning that says what it is read as: %j', (durations, option, message) => {
    const warnings = warningsOf(durations)
    expect(Object.keys(warnings)).toContain(option)
    expect(warnings[option]).toContain(message)
  })

  it('has one warning for each duration that was given, and none for those derived from it', () => {
    expect(Object.keys(warningsOf({ timeouts: { idle: 1_800_000 } }))).toEqual(['timeouts.idle'])
    expect(Object.keys(warningsOf({ timeouts: { idle: 1_800_000, rolling: 7_200_000 } }))).toEqual([
      'timeouts.idle',
      'timeouts.rolling',
    ])
  })

  it('is a warning of the process if no onEvent is given', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    createSessionManager({ secret: SECRET, store: memoryStore(), timeouts: { idle: 1_800_000 } })
    expect(warn.mock.calls).toEqual([[expect.stringContaining('write 1800'), 'SojournWarning']])
    warn.mockClear()
    // Legal, and what cookie mode is: no mistake.
    createSessionManager({ secret: SECRET })
    expect(warn).not.toHaveBeenCalled()
  })

  it.each<Durations>([
    ...[1, 7, 14, 25, 30, 50, 60, 90, 100, 120, 180, 365].map((days) => ({
      timeouts: { idle: days * 86_400, rolling: 4 * days * 86_400, absolute: 0 },
    })),
    ...[1, 8, 10, 12, 20, 24, 36, 48].map((hours) => ({ timeouts: { idle: hours * 3600 } })),
    { timeouts: { idle: 5400, rolling: 43_200, absolute: 31_536_000, staleTtl: 60, touchThreshold: 300 } },
    { remember: { rolling: 31_536_000, absolute: 31_536_000 } },
    { remember: { rolling: 0, absolute: 0 }, storeTimeout: 30, timeouts: { idle: 0, rolling: 0, absolute: 0 } },
  ])('is not meant by what people choose in seconds: %j', (durations) => {
    expect(warningsOf(durations)).toEqual({})
  })
})
