import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startRegistry } from './registry'
import { Releases } from './releases'

/** What all tests of a release share: a registry on loopback with two releases. */
export interface Published {
  readonly registry: { readonly url: string; readonly npmrc: string }
  /** The versions that are out. */
  readonly first: string
  readonly second: string
  /** What the release command said when the second was to be published again. */
  readonly refusal: string
  /** A folder for the caches of package managers, and for projects. */
  readonly caches: string
}

declare module 'vitest' {
  interface ProvidedContext {
    published: Published
  }
}

/** Publishes once, before all test files. */
export default async function publish({ provide }: TestProject): Promise<() => Promise<void>> {
  const caches = await mkdtemp(join(tmpdir(), 'sojourn-caches-'))
  const registry = await startRegistry()
  const releases = await Releases.create(registry)
  const first = await releases.release()
  await releases.change('@sojourn/session-core', 'minor', 'Sessions are better.')
  const second = await releases.release()
  const refusal = await releases.releaseAgain().catch(({ message }: Error) => message)
  const { url, npmrc } = registry
  provide('published', { registry: { url, npmrc }, first, second, refusal, caches })
  return async () => {
    await releases.close()
    await registry.close()
    await rm(caches, { recursive: true, force: true })
  }
}
