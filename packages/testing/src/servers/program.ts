import { constants } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import { basename, delimiter, dirname, join } from 'node:path'
import { run, succeeds } from './command'
import { type DistributionPackage, fetchPackage, libraryFolders } from './distribution'
import { LAUNCHERS, writeLauncher } from './own-loader'
import { type Unavailable, unavailable } from './unavailable'

/** A server's program that runs on this machine. */
export interface Program {
  /** True: there is one. */
  readonly available: true
  /** The program's file. */
  readonly path: string
  /** As the program itself says: `7.0.15`. */
  readonly version: string
  /** The folder a fetched one was unpacked in, undefined for an installed one. */
  readonly root: string | undefined
  /** What has to be in its environment: where its libraries are. Empty for an installed one. */
  readonly env: Record<string, string>
}

/** Where programs are looked for. The defaults are right outside tests of the search itself. */
export interface ProgramSearch {
  /** Folders, as in PATH. Default: PATH. */
  path?: string
  /** The folder that fetched packages are kept in. Default: `.cache/servers` in the nearest folder, from the working directory up, with a `.git` or a `pnpm-workspace.yaml`. */
  cache?: string
  /** Milliseconds that fetching may take in all. Default 90 000; 0 fetches nothing, like `SOJOURN_FETCH=0` in the environment. */
  fetchTimeout?: number
}

/** What to look for. */
interface ProgramKind {
  /** What people call it. */
  title: string
  /** The program's names, the preferred one first. */
  names: string[]
  /** Programs that have to lie beside it. */
  companions: string[]
  /** A folder of versions, each with its programs in `bin`. */
  versions?: string
  /** A folder with the program itself, where the package's launcher in `bin` looks for an installed one only. */
  folder?: string
  /** The oldest version that will do. */
  minimum: string
  package: DistributionPackage
}

const redis: ProgramKind = {
  title: 'Redis',
  names: ['redis-server', 'valkey-server'],
  companions: [],
  minimum: '7',
  package: { name: 'redis-server', needs: /^(redis|lua)-/ },
}

const valkey: ProgramKind = {
  title: 'Valkey',
  names: ['valkey-server'],
  companions: [],
  folder: LAUNCHERS,
  minimum: '8.1',
  package: { name: 'valkey-server', needs: /^(valkey-(server|tools)|zlib1g)$/, release: 'trixie' },
}

const postgres: ProgramKind = {
  title: 'Postgres',
  names: ['postgres'],
  companions: ['initdb'],
  versions: 'usr/lib/postgresql',
  minimum: '13',
  package: { name: 'postgresql', needs: /^postgresql-\d+$/ },
}

const pgBouncer: ProgramKind = {
  title: 'PgBouncer',
  names: ['pgbouncer'],
  companions: [],
  minimum: '1',
  package: { name: 'pgbouncer', needs: /^pgbouncer$/ },
}

const chromium: ProgramKind = {
  title: 'Chromium',
  names: ['chromium', 'chromium-browser', 'google-chrome', 'Google Chrome'],
  companions: [],
  folder: 'usr/lib/chromium',
  minimum: '100',
  package: { name: 'chromium', needs: /^chromium(-common)?$/ },
}

/** Where macOS has it: not on PATH. */
const macFolder = '/Applications/Google Chrome.app/Contents/MacOS'

/**
 * A Redis 7 or later, or a Valkey: from PATH, else fetched from the packages of the Debian or Ubuntu this runs on,
 * unpacked into the project's cache; nothing is installed and root is not needed. Never rejects: where there is none to
 * be had, the reason says what was tried and what to do.
 * @example
 * const program = await findRedisServer()
 * if (program.available) spawn(program.path, ['--port', '0'], { env: program.env })
 */
export const findRedisServer = (search?: ProgramSearch): Promise<Program | Unavailable> => find(redis, search)

/**
 * A Valkey 8.1 or later: from PATH, else from the packages of Debian 13, unpacked with its own C library into the project's
 * cache and started by its own loader. Never rejects: the reason says why there is none.
 * @example
 * const program = await findValkey()
 * if (!program.available) console.log(program.reason)
 */
export const findValkey = (search?: ProgramSearch): Promise<Program | Unavailable> => find(valkey, search)

/**
 * A Postgres 13 or later with its `initdb`: from PATH or /usr/lib/postgresql, else fetched like {@link findRedisServer} does. Never rejects.
 * @example
 * const program = await findPostgres()
 * if (!program.available) console.log(program.reason)
 */
export const findPostgres = (search?: ProgramSearch): Promise<Program | Unavailable> => find(postgres, search)

/**
 * A PgBouncer: from PATH or /usr/sbin, else fetched like {@link findRedisServer} does. Never rejects.
 * @example
 * const program = await findPgBouncer()
 * if (!program.available) console.log(program.reason)
 */
export const findPgBouncer = (search?: ProgramSearch): Promise<Program | Unavailable> => find(pgBouncer, search)

/**
 * A Chromium or Chrome 100 or later, for tests in a browser: the one that `CHROMIUM_PATH` names, else from PATH, else fetched
 * like {@link findRedisServer} does. Start it with `env` in its environment. Never rejects.
 * @example
 * const chromium = await findChromium()
 * if (chromium.available) spawn(chromium.path, ['--headless=new', url], { env: { ...process.env, ...chromium.env } })
 */
export async function findChromium(search: ProgramSearch = {}): Promise<Program | Unavailable> {
  const named = process.env.CHROMIUM_PATH
  if (!named) return find(chromium, { fetchTimeout: 300_000, ...search })
  const rejections: string[] = []
  const program = await firstThatRuns({ ...chromium, names: [basename(named)] }, [dirname(named)], rejections)
  return program ?? unavailable(`CHROMIUM_PATH: ${rejections[0] ?? `${named} cannot be run`}`)
}

async function find(kind: ProgramKind, search: ProgramSearch = {}): Promise<Program | Unavailable> {
  if (process.platform === 'win32') return unavailable(`${kind.title} is not started on Windows`)
  const path = search.path ?? process.env.PATH ?? ''
  const rejections: string[] = []
  const onPath = path.split(delimiter).filter(Boolean)
  const folders = [...onPath, '/usr/sbin', macFolder, ...(await versionFolders('/', kind))]
  const installed = await firstThatRuns(kind, folders, rejections)
  if (installed) return installed
  try {
    const check = (root: string) => unpacked(kind, root)
    const prepare = async (root: string) => {
      if (kind.package.release) await writeLauncher(root, kind.names[0]!)
      await check(root)
    }
    return await check(await fetchPackage(kind.package, { ...search, path }, prepare))
  } catch (error) {
    rejections.push(`fetching the package ${kind.package.name} failed: ${(error as Error).message}`)
  }
  return unavailable(
    [`no ${kind.names[0]} here`, ...rejections, `install ${kind.title} ${kind.minimum} or later`].join('; '),
  )
}

/** The program in an unpacked package. Rejects with why it will not do. */
async function unpacked(kind: ProgramKind, root: string): Promise<Program> {
  const rejections: string[] = []
  const own = kind.folder === undefined ? [] : [join(root, kind.folder)]
  const folders = [...own, join(root, 'usr/bin'), join(root, 'usr/sbin'), ...(await versionFolders(root, kind))]
  const program = await firstThatRuns(kind, folders, rejections, root)
  if (!program) throw new Error(rejections.join('; ') || 'it is not in the package')
  return program
}

/** The first program in the folders that has its companions, runs, and is new enough. What is there and will not do is told in `rejections`. */
async function firstThatRuns(
  kind: ProgramKind,
  folders: string[],
  rejections: string[],
  root?: string,
): Promise<Program | undefined> {
  const libraries = root && !kind.package.release ? await libraryFolders(root) : []
  const env: Record<string, string> = libraries.length > 0 ? { LD_LIBRARY_PATH: libraries.join(delimiter) } : {}
  for (const path of folders.flatMap((folder) => kind.names.map((name) => join(folder, name)))) {
    const files = [path, ...kind.companions.map((companion) => join(dirname(path), companion))]
    if (!(await Promise.all(files.map(isExecutable))).every(Boolean)) continue
    const output = await run(path, ['--version'], { env, timeout: 10_000 }).catch((error: Error) => error)
    const version = output instanceof Error ? undefined : /\d+(\.\d+)*/.exec(output)?.[0]
    if (version && isAtLeast(version, kind.minimum)) return { available: true, path, version, root, env }
    const reason = output instanceof Error ? output.message : `it says ${output.trim()}`
    rejections.push(version ? `${path} is ${version}` : `${path} does not run (${reason})`)
  }
  return undefined
}

function isAtLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = minimum.split('.').map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}

const isExecutable = (file: string) => succeeds(access(file, constants.X_OK))

/** The `bin` folders of all versions below a root, the newest first. */
async function versionFolders(root: string, { versions }: ProgramKind): Promise<string[]> {
  if (!versions) return []
  const names = await readdir(join(root, versions)).catch(() => [])
  return names.sort((a, b) => Number(b) - Number(a)).map((name) => join(root, versions, name, 'bin'))
}
