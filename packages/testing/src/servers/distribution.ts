import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { cachedFolder } from './cached-folder'
import { run } from './command'

/** A package of Debian and Ubuntu, and which of the packages it depends on hold parts of the program. */
export interface DistributionPackage {
  name: string
  /** What is needed besides libraries. */
  needs: RegExp
  /**
   * A release of Debian by its name, for a version that older ones do not have. Its C library is fetched too.
   * @default the machine's own
   */
  release?: string
}

/** Where a package is unpacked, and how long that may take. */
export interface FetchOptions {
  /** Folders that apt-get and dpkg are looked for in, as in PATH. */
  path: string
  cache?: string
  fetchTimeout?: number
}

/** Libraries that a server does without. */
const leftOut = /^lib(c-bin|c-l10n|llvm.*|z3.*|perl.*|.*-perl)$/

/** The library that has to be the machine's own, like its loader, unless all are of another release. */
const C_LIBRARY = 'libc6'

const MIRROR = 'http://deb.debian.org/debian'
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * The folder that the distribution's package is unpacked in, with the libraries that the machine lacks; fetched by
 * apt-get, which checks the distribution's signatures, where it is not in the cache yet. Needs no root and installs
 * nothing. What `check` rejects never enters the cache. Rejects with what went wrong.
 */
export async function fetchPackage(
  wanted: DistributionPackage,
  options: FetchOptions,
  check: (root: string) => Promise<unknown>,
): Promise<string> {
  const cache = options.cache ?? defaultCache()
  const folder = join(cache, `${wanted.name}-${await platformName()}`)
  if (existsSync(folder)) return folder
  const timeout = process.env.SOJOURN_FETCH === '0' ? 0 : (options.fetchTimeout ?? 90_000)
  if (timeout === 0) throw new Error('it is switched off')
  await run('apt-get', ['--version'], { env: { PATH: options.path }, timeout: 10_000 }).catch(() => {
    throw new Error('this machine has no apt-get')
  })
  const signal = AbortSignal.timeout(timeout)
  await cachedFolder(folder, signal, async (temporary) => {
    const { release } = wanted
    const tools = new PackageTools(join(cache, release ? `apt-${release}` : 'apt'), options.path, signal)
    if (release) await tools.useRelease(release)
    const root = await tools.unpack(wanted, temporary)
    await check(root)
    return root
  })
  return folder
}

/** The distribution's tools, kept off the machine's own state. */
class PackageTools {
  readonly #state: string
  readonly #lists: string
  readonly #env: Record<string, string>
  readonly #signal: AbortSignal
  #options: string[]

  constructor(state: string, path: string, signal: AbortSignal) {
    this.#state = state
    this.#lists = join(state, 'lists')
    this.#env = { PATH: path, LC_ALL: 'C' }
    this.#signal = signal
    const settings = ['Acquire::Retries=0', 'Acquire::http::Timeout=10', 'Acquire::https::Timeout=10']
    const own = [`Dir::Cache=${state}`, 'Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache=']
    // As root, apt-get would work as a user who may be unable to reach the project's folder.
    const asOurselves = ['APT::Sandbox::User=root']
    this.#options = [...settings, ...own, ...asOurselves].flatMap((setting) => ['-o', setting])
  }

  /** Uses the packages of a release of Debian, as if none were installed. apt-get checks its signatures, too. */
  async useRelease(release: string): Promise<void> {
    const sources = join(this.#state, 'sources.list')
    await mkdir(this.#state, { recursive: true })
    await writeFile(sources, `deb [signed-by=${KEYRING}] ${MIRROR} ${release} main\n`)
    const places = [
      `Dir::Etc::sourcelist=${sources}`,
      'Dir::Etc::sourceparts=/dev/null',
      'Dir::State::status=/dev/null',
    ]
    this.#options.push(...places.flatMap((place) => ['-o', place]))
    const failed = await this.#update()
    if (failed) throw new Error(failed)
  }

  /** Downloads and unpacks below `folder`; the unpacked tree's root. */
  async unpack(wanted: DistributionPackage, folder: string): Promise<string> {
    const [root, debs] = [join(folder, 'root'), join(folder, 'debs')]
    for (const path of [root, debs, join(this.#state, 'archives/partial')]) await mkdir(path, { recursive: true })
    await this.#download(wanted, debs).catch(async () => {
      // The machine has no package lists, as in most containers, or old ones: fetch lists of our own.
      const updated = await this.#update()
      await this.#download(wanted, debs).catch((error: Error) => {
        throw new Error([updated, error.message].filter(Boolean).join('; '))
      })
    })
    for (const deb of await readdir(debs)) await this.#run('dpkg', ['-x', join(debs, deb), root])
    await chmod(root, 0o755) // a Postgres runs as another user
    return root
  }

  async #download(wanted: DistributionPackage, debs: string): Promise<void> {
    const plan = await this.#apt('install', '--simulate', '--no-install-recommends', wanted.name)
    const packages = [...plan.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)]
      .map(([, name, version]) => ({ name: name!, version: version! }))
      .filter(({ name }) => wanted.needs.test(name) || (name.startsWith('lib') && !leftOut.test(name)))
      .filter(({ name }) => name !== C_LIBRARY || wanted.release !== undefined)
    if (packages.length === 0) throw new Error(`the distribution has nothing else than what is installed`)
    const versions = packages.map(({ name, version }) => `${name}=${version}`)
    await this.#run('apt-get', ['download', '-qq', ...this.#options, ...versions], debs)
  }

  /** What went wrong, or nothing: one repository out of several that fails need not be the one that counts. */
  async #update(): Promise<string> {
    await mkdir(join(this.#lists, 'partial'), { recursive: true })
    this.#options.push('-o', `Dir::State::lists=${this.#lists}`, '-o', 'Acquire::Languages=none')
    return this.#apt('update').then(
      () => '',
      (error: Error) => error.message,
    )
  }

  #apt(command: string, ...args: string[]): Promise<string> {
    return this.#run('apt-get', [command, '-qq', ...this.#options, ...args])
  }

  #run(command: string, args: string[], cwd?: string): Promise<string> {
    return run(command, args, { env: this.#env, cwd: cwd ?? '/', timeout: 60_000, signal: this.#signal })
  }
}

/**
 * The folders of an unpacked tree that hold shared libraries. Some packages keep private ones in a folder below: Debian's libpulse
 * finds them by a path that is right only where it is installed.
 */
export async function libraryFolders(root: string): Promise<string[]> {
  const parents = [join(root, 'usr/lib'), join(root, 'lib')]
  const found = (await Promise.all(parents.map(foldersIn)))
    .flat()
    .filter((folder) => basename(folder).includes('-linux-'))
  const below = (await Promise.all(found.map(foldersIn))).flat()
  const holding = await Promise.all(below.map(async (folder) => (await hasLibraries(folder)) && folder))
  return [...found, ...holding.filter((folder) => folder !== false)]
}

const foldersIn = async (parent: string): Promise<string[]> => {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(parent, name))
}

const hasLibraries = async (folder: string) => (await readdir(folder)).some((name) => /^lib.*\.so(\.|$)/.test(name))

/** `debian-12-x64`: one checkout may be used by several systems, a machine's and a container's. */
async function platformName(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const value = (key: string) => new RegExp(`^${key}="?([\\w.-]+)"?$`, 'm').exec(release)?.[1] ?? 'unknown'
  return `${value('ID')}-${value('VERSION_ID')}-${process.arch}`
}

function defaultCache(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const isRoot = ['.git', 'pnpm-workspace.yaml'].some((mark) => existsSync(join(folder, mark)))
    if (isRoot) return join(folder, '.cache/servers')
    if (dirname(folder) === folder) return resolve('.cache/servers')
  }
}
