// Runs one of the project's commands with the pnpm version that package.json pins, fetched through npx:
// nobody needs pnpm installed. `node scripts/pnpm.mjs test` installs, then does what `test` stands for below.
import { spawnSync } from 'node:child_process'
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

const [command, ...rest] = process.argv.slice(2)
if (!Object.hasOwn(steps, command)) {
  console.error(`usage: node scripts/pnpm.mjs ${Object.keys(steps).join('|')}`)
  process.exit(2)
}

function pnpm(args) {
  const { status } = spawnSync('npx', ['--yes', packageManager, ...args], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, npm_config_user_agent: undefined, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  })
  if (status !== 0) process.exit(status ?? 1)
}

pnpm(['install', '--frozen-lockfile', '--reporter=append-only'])
const [last, ...before] = steps[command].toReversed()
for (const step of before.toReversed()) pnpm(step)
pnpm([...last, ...rest])
