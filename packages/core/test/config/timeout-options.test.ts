import {
  createSessionManager,
  memoryStore,
  type PresetName,
  presets,
  type SessionEvent,
  type TimeoutOptions,
} from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { SECRET } from '../helpers/browser'
import { refusal } from '../helpers/refusal'

const DAY = 86_400

describe('timeout defaults', () => {
  it.each<[TimeoutOptions, object]>([
    [{}, { idle: 900, rolling: 3600, absolute: DAY, renewAfter: 0.75, staleTtl: 10, touchThreshold: 60, longest: 900 }],
    [{ idle: 0 }, { longest: DAY }],
    [{ idle: 0, absolute: 0 }, { longest: 0 }],
    [{ longest: 30 * DAY }, { idle: 900, longest: 30 * DAY }],
    [{ idle: 600 }, { idle: 600, rolling: 3600, absolute: DAY, touchThreshold: 60 }],
    [{ idle: 599 }, { touchThreshold: 59.9 }],
    [{ idle: 100 }, { rolling: 3600, touchThreshold: 10 }],
    [{ idle: 901 }, { rolling: 3604, absolute: DAY, touchThreshold: 60 }],
    [{ idle: 7200 }, { rolling: 28_800, absolute: DAY }],
    [{ idle: 30 * DAY }, { rolling: 120 * DAY, absolute: 120 * DAY }],
    [{ rolling: 2 * DAY }, { idle: 900, rolling: 2 * DAY, absolute: 2 * DAY }],
    [{ rolling: 60 }, { idle: 900, rolling: 60, absolute: DAY }],
    [{ absolute: 60 }, { idle: 900, rolling: 3600, absolute: 60 }],
    [
      { idle: 7200, rolling: 60 },
      { rolling: 60, absolute: DAY },
    ],
    [{ idle: 0 }, { idle: 0, rolling: 3600, absolute: DAY, touchThreshold: 0 }],
    [{ rolling: 0 }, { rolling: 0, absolute: DAY }],
    [{ absolute: 0 }, { absolute: 0 }],
    [
      { idle: undefined, staleTtl: undefined },
      { idle: 900, staleTtl: 10 },
    ],
    [{ staleTtl: 0 }, { staleTtl: 0 }],
    [{ idle: 0, touchThreshold: 60 }, { touchThreshold: 60 }],
    [{ touchThreshold: 899 }, { touchThreshold: 899 }],
  ])('fill in the rest beside %j', (timeouts, expected) => {
    expect(createSessionManager({ secret: SECRET, timeouts }).describe().timeouts).toMatchObject(expected)
  })

  it('round up a clock of less than a millisecond, which 0 would switch off', () => {
    const tiny = createSessionManager({ secret: SECRET, timeouts: { idle: 0.0001, rolling: 1e-9, absolute: 0.0004 } })
    expect(tiny.describe().timeouts).toMatchObject({ idle: 0.001, rolling: 0.001, absolute: 0.001 })
  })
})

describe('presets', () => {
  it('have the limits of their standards, and are no looser than themselves', () => {
    const hours = 3600
    const said = {
      kong: [900, 24 * hours],
      nistAal1: [0, 30 * 24 * hours],
      nistAal2: [hours, 24 * hours],
      nistAal3: [900, 12 * hours],
      owaspHighValue: [300, 8 * hours],
    }
    for (const [name, limits] of Object.entries(said) as [PresetName, number[]][]) {
      const { idle, absolute } = presets[name]
      expect([name, idle, absolute]).toEqual([name, ...limits])
      const sessions = createSessionManager({ secret: SECRET, store: memoryStore(), timeouts: presets[name] })
      expect(sessions.describe(name).warnings).toEqual([])
    }
  })
})

describe('refused timeouts', () => {
  const names = ['idle', 'rolling', 'absolute', 'renewAfter', 'staleTtl', 'touchThreshold']
  const values = [
    -1,
    -0.001,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    '900',
    null,
    true,
    {},
    [],
    9n,
  ]
  const refused: [object, string][] = [
    ...names.flatMap((name) => values.map((value): [object, string] => [{ [name]: value }, name])),
    ...[0, 1, 1.5].map((renewAfter): [object, string] => [{ renewAfter }, 'renewAfter']),
    [{ touchThreshold: 900 }, 'touchThreshold'],
    [{ touchThreshold: 901 }, 'touchThreshold'],
    [{ idle: 60, touchThreshold: 60 }, 'touchThreshold'],
  ]
  it.each(refused)('%o, naming timeouts.%s', (timeouts, option) => {
    const error = refusal({ secret: SECRET, timeouts })
    expect(error.option).toBe(`timeouts.${option}`)
    expect(error.message).toMatch(new RegExp(`^timeouts\\.${option}: `))
  })
})

describe('timeout warnings', () => {
  const warnings = (timeouts: TimeoutOptions) => {
    const events: SessionEvent[] = []
    const sessions = createSessionManager({
      secret: SECRET,
      store: memoryStore(),
      timeouts,
      onEvent: (event) => events.push(event),
    })
    const said = sessions.describe().warnings
    expect(events.map((event) => event.type === 'config-warning' && event.message)).toEqual(said)
    return said
  }

  it.each<TimeoutOptions>([
    { idle: 901, rolling: 3600 },
    { idle: 900, rolling: 3599 },
    { idle: 900, rolling: 3600, renewAfter: 0.76 },
    { idle: 7200, rolling: 3600 },
  ])('are given if idle is longer than the renewal window: %j', (timeouts) => {
    expect(warnings(timeouts)).toEqual([expect.stringMatching(/idle .* is longer than .* rolling/)])
  })

  it('are given if idle is longer than absolute', () => {
    expect(warnings({ idle: 7200, absolute: 3600 })).toEqual([
      expect.stringMatching(/idle \(7200 s\) .* absolute \(3600 s\)/),
    ])
    expect(warnings({ idle: 7200, rolling: 3600, absolute: 3600 })).toHaveLength(2)
  })

  it.each<TimeoutOptions>([
    {},
    { idle: 900, rolling: 3600 },
    { idle: 5000 },
    { idle: 5000, rolling: 0 },
    { idle: 0, rolling: 10 },
    { idle: 3600, absolute: 3600 },
    { idle: 3600, absolute: 0 },
    { idle: 0, absolute: 60 },
  ])('are not given for: %j', (timeouts) => {
    expect(warnings(timeouts)).toEqual([])
  })
})
