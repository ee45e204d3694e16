import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const root = fileURLToPath(new URL('..', import.meta.url))
export const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'))

/** The folders under `packages`, by the package's name. */
export async function packageFolders(at = root): Promise<Map<string, string>> {
  const folders = (await readdir(join(at, 'packages'))).map((folder) => join(at, 'packages', folder))
  return new Map(
    await Promise.all(folders.map(async (folder) => [(await json(`${folder}/package.json`)).name, folder] as const)),
  )
}

/** A git repository of its own with every file of this one, as it is now, so that a release can be tried. */
export class WorkspaceCopy {
  private constructor(readonly folder: string) {}

  static async create(): Promise<WorkspaceCopy> {
    const folder = await mkdtemp(join(tmpdir(), 'sojourn-release-'))
    const listed = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      maxBuffer: 1e8,
    })
    for (const file of listed.stdout.split('\0').filter(Boolean)) {
      await mkdir(join(folder, dirname(file)), { recursive: true })
      await cp(join(root, file), join(folder, file)).catch(ignoreMissing)
    }
    const copy = new WorkspaceCopy(folder)
    await copy.git('init', '--quiet', '--initial-branch=main')
    await copy.commit()
    return copy
  }

  /** Makes what is installed here available in the copy, without an install. */
  async linkDependencies(): Promise<void> {
    await symlink(join(root, 'node_modules'), join(this.folder, 'node_modules'))
    const folders = await packageFolders(this.folder)
    for (const folder of folders.values()) {
      await mkdir(join(folder, 'node_modules/@sojourn'), { recursive: true })
      for (const [name, target] of folders) await symlink(target, join(folder, 'node_modules', name))
    }
  }

  async write(path: string, text: string): Promise<void> {
    await writeFile(resolve(this.folder, path), text)
  }

  /** Changes a JSON file by a function over what it says. */
  async edit(path: string, change: (content: Record<string, unknown>) => void): Promise<void> {
    const content = await json(resolve(this.folder, path))
    change(content)
    await this.write(path, `${JSON.stringify(content, null, 2)}\n`)
  }

  /** Forgets the changes that wait for a release. */
  async removeChangesets(): Promise<void> {
    const names = await readdir(join(this.folder, '.changeset'))
    for (const name of names.filter((name) => name.endsWith('.md'))) await rm(join(this.folder, '.changeset', name))
  }

  /** Does what the owner of the repository has to do once. */
  async fillInRepository(): Promise<void> {
    await this.edit('package.json', (manifest) => {
      manifest.repository = 'https://github.com/example/sojourn'
    })
  }

  /** Gives every package a version. */
  async setVersion(version: string): Promise<void> {
    for (const folder of (await packageFolders(this.folder)).values()) {
      await this.edit(join(folder, 'package.json'), (manifest) => {
        manifest.version = version
      })
    }
  }

  async commit(): Promise<void> {
    await this.git('add', '--all')
    await this.git(
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@example.com',
      'commit',
      '--quiet',
      '--allow-empty',
      '--no-verify',
      '-m',
      'test',
    )
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  private git(...args: string[]) {
    return run('git', args, { cwd: this.folder })
  }
}

function ignoreMissing(error: NodeJS.ErrnoException) {
  if (error.code !== 'ENOENT') throw error // It is deleted here and still in git's list.
}
