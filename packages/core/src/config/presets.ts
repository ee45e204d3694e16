import type { TimeoutOptions } from './session-options'

/** Timeouts that a standard, or the reference system, asks for. Spread one and change what you need. */
export const presets = {
  /** Kong's Session plugin, and our own defaults. */
  kong: { idle: 900, rolling: 3600, absolute: 86_400 },
  /** NIST SP 800-63B-4, AAL1: an overall limit of 30 days; no idle limit is asked for. */
  nistAal1: { idle: 0, rolling: 86_400, absolute: 2_592_000 },
  /** NIST SP 800-63B-4, AAL2: an hour of inactivity, a day overall. */
  nistAal2: { idle: 3600, rolling: 14_400, absolute: 86_400 },
  /** NIST SP 800-63B-4, AAL3: a quarter of an hour of inactivity, twelve hours overall. */
  nistAal3: { idle: 900, rolling: 3600, absolute: 43_200 },
  /** OWASP Session Management Cheat Sheet, high-value applications: five minutes, and a working day at most. */
  owaspHighValue: { idle: 300, rolling: 1200, absolute: 28_800 },
} as const satisfies Record<string, TimeoutOptions>

/** The name of a preset. */
export type PresetName = keyof typeof presets
