import { vi } from 'vitest'

export const SIDES = ['node', 'web'] as const

/** Core as it runs where `#platform` is Node's cryptography, or WebCrypto's. */
export async function coreOn(side: (typeof SIDES)[number]) {
  vi.resetModules()
  vi.doMock('#platform', () => vi.importActual(`../src/lib/platform-${side}.ts`))
  const { platform } = (await import('#platform')) as typeof import('../src/lib/platform-node')
  const { createSessionManager } = await import('../src/index')
  const { ironCodec } = await import('../src/lib/codec')
  const { KeyRing } = await import('../src/lib/secrets')
  vi.doUnmock('#platform')
  return { platform, createSessionManager, ironCodec, KeyRing }
}
