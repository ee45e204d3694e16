// Runs one of the project's commands with the pnpm version that package.json pins. npx fetches it, so pnpm need not be
// installed. `node scripts/run.mjs test` installs the dependencies of the command, then runs the steps below.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { root, rootManifest } from './packages.mjs'
import { cache, forgetSkipped } from './skipped.mjs'
import { testEnvironment } from './test-environment.mjs'

const install = (...filters) => ['pnpm', 'install', '--frozen-lockfile', '--prefer-offline', ...filters]
const turbo = (...args) => [
  'pnpm',
  'exec',
  'turbo',
  'run',
  ...args,
  `--cache-dir=${cache}`,
  '--output-logs=errors-only',
]

const commands = {
  demo: [
    install('--filter=sojourn', '--filter=@sojourn/demo...'),
    turbo('build', '--filter=@sojourn/demo'),
    ['node', 'apps/demo/dist/main.js'],
  ],
  docs: [install(), turbo('build', '--filter=@sojourn/docs'), ['pnpm', '--filter=@sojourn/docs', 'start']],
  test: [install(), turbo('lint', 'build', 'typecheck'), turbo('test', 'test:workspace', '--concurrency=2')],
  'test:release': [
    install(),
    turbo('build', '--filter=./packages/*'),
    ['pnpm', '--filter=@sojourn/consumers', 'consume'],
  ],
  build: [install(), turbo('build', '--filter=./packages/*')],
  pack: [['node', 'scripts/pack.mjs']],
  soak: [install(), turbo('build'), ['pnpm', '--recursive', '--workspace-concurrency=1', 'soak']],
  bench: [install(), turbo('build', '--filter=@sojourn/bench'), ['pnpm', '--filter=@sojourn/bench', 'start']],
}

const windows = process.platform === 'win32'
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
const withPnpm = process.argv[2] === '--with-pnpm'
const [command, ...rest] = process.argv.slice(withPnpm ? 3 : 2)
if (!Object.hasOwn(commands, command)) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(commands).join('|')}`)
  process.exit(2)
}

/** Runs a program in the repository's root and waits for its end. Returns the exit status. */
async function run([program, ...args], options) {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', shell: windows, ...options })
  const stop = (signal) => {
    try {
      if (options.detached) process.kill(-child.pid, signal)
    } catch {} // It has just ended by itself.
  }
  for (const signal of signals) process.on(signal, stop)
  // npm's shell does not forward a signal that ends it. This process then gets another parent.
  const parent = process.ppid
  const watch = setInterval(() => process.ppid !== parent && stop('SIGTERM'), 500)
  const [status] = await once(child, 'exit')
  clearInterval(watch)
  for (const signal of signals) process.off(signal, stop)
  return status ?? 1
}

/** Runs all steps of the command; the last one gets the command's arguments. Returns the exit status. */
async function runSteps() {
  const steps = commands[command]
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1
    const env = isLast && command === 'test' ? await testEnvironment() : {}
    const status = await run(isLast ? [...step, ...rest] : step, { env: { ...process.env, ...env } })
    if (status !== 0) return status
  }
  return 0
}

/** Runs this command again with pnpm on the PATH. Returns the exit status. */
function runWithPnpm() {
  const npx = [
    'npx',
    '--yes',
    `--package=${rootManifest().packageManager}`,
    '--',
    'node',
    'scripts/run.mjs',
    '--with-pnpm',
  ]
  const env = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
  // A process group of its own, so that a signal reaches every process below it: not all of them forward signals.
  return run([...npx, command, ...rest], { detached: !windows, env: { ...process.env, ...env } })
}

if (withPnpm) {
  // npx sets it for the line above. Another npx below this process would read it as an option of its own.
  // biome-ignore lint/suspicious/noUndeclaredEnvVars: it is removed, not read.
  delete process.env.npm_config_package
  forgetSkipped() // Left over from a run that was killed.
  const status = await runSteps()
  forgetSkipped()
  process.exit(status)
} else process.exit(await runWithPnpm())
