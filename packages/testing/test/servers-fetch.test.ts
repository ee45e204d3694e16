import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findChromium, findPostgres, findRedisServer, findValkey } from '../src/servers'
import { until } from '../src/servers/until'

let home: string
let path: string
let cache: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sojourn-fetch-'))
  path = join(home, 'bin')
  cache = join(home, 'cache')
  await mkdir(path)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})

async function script(file: string, ...lines: string[]): Promise<void> {
  await writeFile(file, ['#!/bin/sh', `PATH=${process.env.PATH}`, ...lines, ''].join('\n'))
  await chmod(file, 0o755)
}

/** Replaces apt-get and dpkg. The "package" contains a redis-server with the given output. */
async function distribution({ says = 'Redis server v=7.2.1 sha=0', before = '' } = {}): Promise<void> {
  const plan = 'Inst redis-tools (5:7.2.1-1 Test:1 [amd64])\\nInst libgood1 [1.0] (1.1 Test:1 [amd64])'
  const unwanted = 'Inst libc6 (2.40 Test:1 [amd64])\\nInst adduser (3.0 Test:1 [all])'
  await script(
    join(path, 'apt-get'),
    `echo "$*" >> ${home}/log`,
    before,
    `case "$*" in`,
    `  --version) ;;`,
    `  install*) printf '${plan}\\n${unwanted}\\nConf redis-tools (5:7.2.1-1 Test:1 [amd64])\\n';;`,
    `  download*) touch redis-tools.deb libgood1.deb;;`,
    `esac`,
  )
  await script(
    join(path, 'dpkg'),
    `mkdir -p "$3/usr/bin" "$3/usr/lib/test-linux-gnu"`,
    `printf '#!/bin/sh\\necho "${says}"\\n' > "$3/usr/bin/redis-server"`,
    `chmod 755 "$3/usr/bin/redis-server"`,
  )
}

const find = (fetchTimeout = 20_000) => findRedisServer({ path, cache, fetchTimeout })
const commands = async () =>
  (await readFile(join(home, 'log'), 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.split(' ')[0])
    .filter((command) => command && command !== '--version')

describe('search for Chromium', () => {
  const chromium = (fetchTimeout = 20_000) => findChromium({ path, cache, fetchTimeout })
  beforeEach(() => vi.stubEnv('CHROMIUM_PATH', ''))

  it('takes the one that CHROMIUM_PATH names, and says so if that does not run', async () => {
    const named = join(home, 'my-browser')
    vi.stubEnv('CHROMIUM_PATH', named)
    expect(await chromium()).toMatchObject({
      available: false,
      reason: expect.stringMatching(/^CHROMIUM_PATH: .*my-browser/),
    })
    await script(named, 'echo "Chromium 150.0.7871.100 built on Debian"')
    expect(await chromium()).toMatchObject({ available: true, path: named, version: '150.0.7871.100', env: {} })
  })

  it('finds one on the PATH by any of its names', async () => {
    await script(join(path, 'google-chrome'), 'echo "Google Chrome 150.0.1.2"')
    expect(await chromium()).toMatchObject({ available: true, path: join(path, 'google-chrome') })
  })

  it('unpacks the package of the distribution, and starts the program in it instead of its launcher', async () => {
    const plan = 'Inst chromium-common (150 Test:1 [amd64])\\nInst chromium (150 Test:1 [amd64])'
    await script(
      join(path, 'apt-get'),
      `case "$*" in`,
      `  install*) printf '${plan}\\n';;`,
      `  download*) echo "$*" > ${home}/downloaded; touch chromium.deb;;`,
      `esac`,
    )
    await script(
      join(path, 'dpkg'),
      `mkdir -p "$3/usr/bin" "$3/usr/lib/chromium" "$3/usr/lib/test-linux-gnu"`,
      `printf '#!/bin/sh\\nexec /nowhere/chromium\\n' > "$3/usr/bin/chromium"`,
      `printf '#!/bin/sh\\necho "Chromium 150.0.1.2"\\n' > "$3/usr/lib/chromium/chromium"`,
      `chmod 755 "$3/usr/bin/chromium" "$3/usr/lib/chromium/chromium"`,
    )
    const found = await chromium()
    expect(found).toMatchObject({
      available: true,
      version: '150.0.1.2',
      path: expect.stringMatching(/usr\/lib\/chromium\/chromium$/),
      env: { LD_LIBRARY_PATH: expect.stringContaining('test-linux-gnu') },
    })
    expect(await readFile(join(home, 'downloaded'), 'utf8')).toMatch(/ chromium-common=150 chromium=150$/m)
  })

  it('finds the private libraries of a package, in a folder below that of all libraries', async () => {
    await script(
      join(path, 'apt-get'),
      `case "$*" in`,
      `  install*) printf 'Inst chromium (150 Test:1 [amd64])\\n';;`,
      `  download*) touch chromium.deb;;`,
      `esac`,
    )
    await script(
      join(path, 'dpkg'),
      `mkdir -p "$3/usr/lib/chromium" "$3/usr/lib/test-linux-gnu/private" "$3/usr/lib/test-linux-gnu/data"`,
      `touch "$3/usr/lib/test-linux-gnu/private/libcommon-16.1.so"`,
      `printf '#!/bin/sh\necho "Chromium 150.0.1.2"\n' > "$3/usr/lib/chromium/chromium"`,
      `chmod 755 "$3/usr/lib/chromium/chromium"`,
    )
    expect(await chromium()).toMatchObject({
      available: true,
      env: { LD_LIBRARY_PATH: expect.stringMatching(/test-linux-gnu:[^:]+test-linux-gnu\/private$/) },
    })
  })
})

describe('search for a server program', () => {
  it('finds the program on the PATH and reads its version', async () => {
    await script(
      join(path, 'redis-server'),
      'echo "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"',
    )
    expect(await find()).toMatchObject({
      available: true,
      path: join(path, 'redis-server'),
      version: '7.0.15',
      env: {},
    })
  })

  it('accepts Valkey as Redis', async () => {
    await script(join(path, 'valkey-server'), 'echo "Valkey server v=8.1.1 sha=00000000:0"')
    expect(await find()).toMatchObject({ available: true, version: '8.1.1' })
  })

  it('skips programs that are too old, do not run or have no version, and reports them', async () => {
    for (const [line, told] of [
      ['echo "Redis server v=6.2.14 sha=00000000:0"', 'is 6.2.14'],
      ['echo "cannot open shared object file" >&2; exit 127', 'cannot open shared object file'],
      ['echo "I am something else"', 'does not run'],
    ] as const) {
      await script(join(path, 'redis-server'), line)
      const found = await find(0)
      expect(found).toMatchObject({ available: false, reason: expect.stringContaining(told) })
      expect(found).toMatchObject({ reason: expect.stringContaining('install Redis 7 or later') })
    }
  })

  it('requires initdb beside postgres', async () => {
    await script(join(path, 'postgres'), 'echo "postgres (PostgreSQL) 99.1"')
    expect(await findPostgres({ path, cache, fetchTimeout: 0 })).not.toMatchObject({ version: '99.1' })
    await script(join(path, 'initdb'), '')
    expect(await findPostgres({ path, cache, fetchTimeout: 0 })).toMatchObject({ available: true, version: '99.1' })
  })

  it('gives a reason with instructions if nothing is found and nothing can be fetched', async () => {
    const found = await find()
    expect(found).toMatchObject({ available: false, reason: expect.stringContaining('this machine has no apt-get') })
    expect(found).toMatchObject({ reason: expect.stringContaining('install Redis 7 or later') })
  })

  it('fetches nothing when SOJOURN_FETCH is 0', async () => {
    await distribution()
    vi.stubEnv('SOJOURN_FETCH', '0')
    expect(await find()).toMatchObject({ available: false, reason: expect.stringContaining('switched off') })
    expect(await commands()).toEqual([])
  })
})

describe.runIf(process.platform === 'linux')('fetch of a server program (Linux only)', () => {
  it('unpacks the package and its libraries into the cache, once', async () => {
    await distribution()
    const found = await find()
    expect(found).toMatchObject({ available: true, version: '7.2.1', path: expect.stringContaining(cache) })
    expect(found).toMatchObject({ env: { LD_LIBRARY_PATH: expect.stringMatching(/usr\/lib\/test-linux-gnu$/) } })
    expect(await find()).toEqual(found)
    expect(await commands()).toEqual(['install', 'download'])
    const [, download] = (await readFile(join(home, 'log'), 'utf8')).trim().split('\n').slice(-2)
    expect(download).toMatch(/ redis-tools=5:7\.2\.1-1 libgood1=1\.1$/)
  })

  it('leaves nothing but the unpacked package, the lock and the state of apt-get in the cache', async () => {
    await distribution()
    const folder = `redis-server-${await platform()}`
    await mkdir(join(cache, `${folder}.unfinished-killed`), { recursive: true })
    await find()
    expect((await readdir(cache)).sort()).toEqual(['apt', folder, `${folder}.lock`])
  })

  it('runs once for two parallel searches', async () => {
    await distribution()
    const [one, other] = await Promise.all([find(), find()])
    expect(one).toMatchObject({ available: true })
    expect(other).toEqual(one)
    expect(await commands()).toEqual(['install', 'download'])
  })

  it('downloads its own package lists if the machine has none', async () => {
    await distribution({
      before:
        'case "$*" in install*Dir::State::lists*|update*|--version) ;; install*) echo "E: Unable to locate package" >&2; exit 100;; esac',
    })
    expect(await find()).toMatchObject({ available: true })
    expect(await commands()).toEqual(['install', 'update', 'install', 'download'])
    expect(await readFile(join(home, 'log'), 'utf8')).toMatch(`update -qq -o Acquire::Retries=0`)
  })

  it('gives a reason and no error if the network is down', async () => {
    await distribution({
      before: 'case "$*" in download*|update*) echo "E: Temporary failure resolving" >&2; exit 100;; esac',
    })
    expect(await find()).toMatchObject({
      available: false,
      reason: expect.stringContaining('Temporary failure resolving'),
    })
  })

  it('gives a reason if a command hangs', async () => {
    await distribution({ before: 'case "$*" in install*) exec sleep 60;; esac' })
    expect(await find(300)).toMatchObject({ available: false, reason: expect.stringContaining('took too long') })
  })

  it('gives a reason if another process hangs with the lock', async () => {
    await distribution({ before: 'case "$*" in install*) exec sleep 60;; esac' })
    const hanging = find(2_000)
    await until(
      async () => (await commands()).includes('install'),
      () => 'the lock is free',
    )
    expect(await find(300)).toMatchObject({ available: false, reason: expect.stringContaining('another process') })
    await hanging
  })

  it('caches a failure for the other files of a test run, and tries again later', async () => {
    await distribution({ before: 'case "$*" in install*) echo "E: broken" >&2; exit 100;; esac' })
    const first = await find()
    const asked = await commands()
    expect(await find()).toEqual(first)
    expect(await commands()).toEqual(asked)
    await distribution()
    await utimes(join(cache, `redis-server-${await platform()}.failed`), 0, 0)
    expect(await find()).toMatchObject({ available: true })
  })

  it('does not cache a program that does not run or is too old', async () => {
    for (const [says, told] of [
      ['Redis server v=6.0.16', 'is 6.0.16'],
      ['nothing of use', 'does not run (it says nothing of use)'],
    ] as const) {
      await distribution({ says })
      cache = join(home, told)
      expect(await find()).toMatchObject({ available: false, reason: expect.stringContaining(told) })
      expect(await readdir(cache)).not.toContain(`redis-server-${await platform()}`)
    }
  })

  it('takes Valkey from a newer release, with its C library, and starts it by the loader of that release', async () => {
    await script(join(path, 'valkey-server'), 'echo "Valkey server v=7.2.11 sha=00000000:0"')
    const plan = ['libc6 (2.41 ', 'libgood1 (1.1 ', 'valkey-server (8.1.1 ', 'passwd (4.17 '].map(
      (name) => `Inst ${name}Test:1)\\n`,
    )
    await script(
      join(path, 'apt-get'),
      `echo "$*" >> ${home}/log`,
      `case "$*" in`,
      `  install*) printf '${plan.join('')}';;`,
      `  download*) touch all.deb;;`,
      `esac`,
    )
    const [libraries, loader] = ['$3/usr/lib/test-linux-gnu', 'ld-linux-test.so.2']
    await script(
      join(path, 'dpkg'),
      `mkdir -p "$3/usr/bin" "${libraries}"`,
      `printf '#!/bin/sh\necho "Valkey server v=8.1.1 $*"\n' > "$3/usr/bin/valkey-server"`,
      `printf '#!/bin/sh\nshift 2; exec "$@"\n' > "${libraries}/${loader}"`,
      `chmod 755 "$3/usr/bin/valkey-server" "${libraries}/${loader}"`,
    )
    const found = await findValkey({ path, cache, fetchTimeout: 20_000 })
    expect(found).toMatchObject({ available: true, version: '8.1.1', env: {}, path: expect.stringContaining(cache) })
    const log = await readFile(join(home, 'log'), 'utf8')
    expect(log).toMatch(/^update .*sources\.list .*Dir::State::status=\/dev\/null/m)
    expect(log).toMatch(/^download .* libc6=2\.41 libgood1=1\.1 valkey-server=8\.1\.1$/m)
    expect(await readFile(join(cache, 'apt-trixie/sources.list'), 'utf8')).toContain(' trixie main')
  })

  it('gives a reason if the newer release cannot be had', async () => {
    await distribution({ before: 'case "$*" in update*) echo "E: The repository is not signed" >&2; exit 100;; esac' })
    expect(await findValkey({ path, cache, fetchTimeout: 20_000 })).toMatchObject({
      available: false,
      reason: expect.stringMatching(/no valkey-server here.*not signed.*install Valkey 8.1 or later/),
    })
  })

  it('gives a reason if the cache cannot be written', async () => {
    await distribution()
    await writeFile(cache, 'a file')
    expect(await find()).toMatchObject({ available: false })
  })
})

/** The end of the cache folder's name. */
async function platform(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8')
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(release)?.[1] ?? 'unknown'
  return `${value('ID')}-${value('VERSION_ID')}-${process.arch}`
}
