import { vi } from 'vitest'

export const SIDES = ['node', 'web'] as const

/** Imports core with `#platform` resolved to Node's cryptography or to WebCrypto. */
export async function coreOn(side: (typeof SIDES)[number]) {
  vi.resetModules()
  vi.doMock('#platform', () => vi.importActual(`../../src/seal/platform-${side}.ts`))
  const { platform } = (await import('#platform')) as typeof import('../../src/seal/platform-node')
  const { createSessionManager } = await import('../../src/index')
  const { ironCodec } = await import('../../src/seal/codec')
  const { KeyRing } = await import('../../src/seal/keys')
  vi.doUnmock('#platform')
  // A later test file in the same worker must not import this copy of core.
  vi.resetModules()
  return { platform, createSessionManager, ironCodec, KeyRing }
}
