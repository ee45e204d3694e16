// Runs one of the project's commands with the pnpm version that package.json pins, fetched through npx:
// nobody needs pnpm installed. `node scripts/pnpm.mjs test` installs, then does what `test` stands for below.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const steps = {
  demo: [
    ['run', 'build', '--output-logs=errors-only'],
    ['--filter', '@sojourn/demo', 'start'],
  ],
  test: [['run', 'check']],
  soak: [
    ['run', 'build', '--output-logs=errors-only'],
    ['--recursive', '--workspace-concurrency=1', 'soak'],
  ],
  bench: [
    ['run', 'build', '--output-logs=errors-only'],
    ['--filter', '@sojourn/bench', 'start'],
  ],
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

const [command, ...rest] = process.argv.slice(2)
if (!Object.hasOwn(steps, command)) {
  console.error(`usage: node scripts/pnpm.mjs ${Object.keys(steps).join('|')}`)
  process.exit(2)
}

async function pnpm(args) {
  const windows = process.platform === 'win32'
  const child = spawn('npx', ['--yes', packageManager, ...args], {
    cwd: root,
    stdio: 'inherit',
    shell: windows,
    // A group of its own, so that who stops this command stops all that it has started: not every one of them passes it on.
    detached: !windows,
    env: { ...process.env, npm_config_user_agent: undefined, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  })
  const stop = (signal) => {
    try {
      process.kill(windows ? child.pid : -child.pid, signal)
    } catch {} // It has just ended by itself.
  }
  for (const signal of signals) process.on(signal, stop)
  // npm's shell does not pass on that it was terminated; then this process has another parent.
  const parent = process.ppid
  const watch = setInterval(() => process.ppid !== parent && stop('SIGTERM'), 500)
  const [status] = await once(child, 'exit')
  clearInterval(watch)
  for (const signal of signals) process.off(signal, stop)
  if (status !== 0) process.exit(status ?? 1)
}

await pnpm(['install', '--frozen-lockfile', '--reporter=append-only'])
const [last, ...before] = steps[command].toReversed()
for (const step of before.toReversed()) await pnpm(step)
await pnpm([...last, ...rest])
