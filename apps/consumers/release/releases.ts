import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { json, root, WorkspaceCopy } from '../../../test/workspace-copy'
import { run } from './command'
import type { Registry } from './registry'

/** A copy of this repository whose owner has filled in the line, from which versions are released to a registry on loopback. */
export class Releases {
  private constructor(
    private readonly copy: WorkspaceCopy,
    private readonly registry: Registry,
  ) {}

  static async create(registry: Registry): Promise<Releases> {
    const copy = await WorkspaceCopy.create()
    await copy.fillInRepository()
    // The tests are run from here, not once more from the copy.
    await copy.write('.ci/run', '#!/bin/sh\n')
    await chmod(join(copy.folder, '.ci/run'), 0o755)
    await run(
      ['npx', '--yes', (await json(join(root, 'package.json'))).packageManager, 'install', '--frozen-lockfile'],
      copy.folder,
    )
    await copy.commit()
    return new Releases(copy, registry)
  }

  /** Makes a version of what has changed, and releases it. Yields the version. */
  async release(): Promise<string> {
    await run(['npm', 'run', 'release:version'], this.copy.folder)
    await this.copy.commit()
    await this.releaseAgain()
    return (await json(join(this.copy.folder, 'packages/core/package.json'))).version
  }

  /** Releases what is committed. */
  releaseAgain(): Promise<string> {
    const env = { ...process.env, npm_config_userconfig: this.registry.npmrc }
    return run(['npm', 'run', 'release', '--', '--registry', this.registry.url], this.copy.folder, env)
  }

  /** Describes a change, as `npx changeset` does. */
  async change(packageName: string, kind: string, text: string): Promise<void> {
    await this.copy.write('.changeset/a-change.md', `---\n'${packageName}': ${kind}\n---\n\n${text}\n`)
    await this.copy.commit()
  }

  close(): Promise<void> {
    return this.copy.remove()
  }
}
