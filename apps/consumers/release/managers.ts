import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json, root } from '../../../test/workspace-copy'
import { run } from './command'
import type { Published } from './published'

/** A folder of a user, and the package manager that is used there. */
export interface Project {
  readonly folder: string
  install(...packages: string[]): Promise<string>
  installForDevelopment(...packages: string[]): Promise<string>
  /** A line of a README for npm, as a user of this package manager types it. */
  typed(line: string): string[]
  /** The environment for it. */
  readonly env: NodeJS.ProcessEnv
}

/** How one package manager is called. */
interface Manager {
  readonly name: string
  readonly command: readonly string[]
  readonly add: readonly string[]
  readonly addDev: readonly string[]
  readonly node: readonly string[]
  /** What stands for `npx` where it runs a program that is installed. */
  readonly npx: readonly string[]
  readonly files?: (registry: Published['registry']) => Record<string, string>
  /** Whether the newest TypeScript finds packages there. */
  readonly compiles: boolean
}

const { packageManager } = await json(join(root, 'package.json'))
const bin = (path: string) => [process.execPath, createRequire(import.meta.url).resolve(path)]
const yarn4Command = bin('@yarnpkg/cli-dist/bin/yarn.js')
const yarn4 = {
  command: yarn4Command,
  add: ['add'],
  addDev: ['add', '--dev'],
  node: [...yarn4Command, 'node'],
  npx: [...yarn4Command, 'run'],
}
const yarn4Files = ({ url }: Published['registry'], nodeLinker: string) => ({
  'yarn.lock': '',
  '.yarnrc.yml': `npmRegistryServer: ${url}
unsafeHttpWhitelist: ['127.0.0.1']
nodeLinker: ${nodeLinker}
npmMinimalAgeGate: 0
enableTelemetry: false
`,
})

/** The package managers that users have, each as it is without settings, but for the registry. */
export const managers: readonly Manager[] = [
  {
    name: 'npm',
    command: ['npm'],
    add: ['install'],
    addDev: ['install', '--save-dev'],
    node: ['node'],
    npx: ['npx'],
    compiles: true,
  },
  {
    name: 'pnpm',
    command: ['npx', '--yes', packageManager],
    add: ['add'],
    addDev: ['add', '--save-dev'],
    node: ['node'],
    npx: ['npx'],
    compiles: true,
  },
  {
    name: 'yarn 1',
    command: bin('yarn/bin/yarn.js'),
    add: ['add'],
    addDev: ['add', '--dev'],
    node: ['node'],
    npx: ['npx'],
    compiles: true,
  },
  { name: 'yarn 4', ...yarn4, files: (registry) => yarn4Files(registry, 'node-modules'), compiles: true },
  // TypeScript 7 is a program of its own, which yarn does not teach to find packages without node_modules.
  { name: 'yarn 4 with Plug’n’Play', ...yarn4, files: (registry) => yarn4Files(registry, 'pnp'), compiles: false },
]

/** An empty folder with a package.json. */
export async function createProject(
  manager: Manager,
  registry: Published['registry'],
  caches: string,
): Promise<Project> {
  const folder = await mkdtemp(join(caches, 'consumer-'))
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: join(caches, 'home'),
    TMPDIR: tmpdir(),
    npm_config_userconfig: registry.npmrc,
    npm_config_cache: join(caches, 'npm'),
    npm_config_registry: registry.url,
    npm_config_store_dir: join(caches, 'pnpm'),
    YARN_CACHE_FOLDER: join(caches, manager.name.replace(/\W/g, '')),
    YARN_ENABLE_GLOBAL_CACHE: 'false',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    SESSION_SECRET: 'a secret of a consumer, long enough',
  }
  await mkdir(join(caches, 'home'), { recursive: true })
  const files = { 'package.json': '{ "name": "consumer", "private": true }\n', ...manager.files?.(registry) }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const { command, add, addDev, node, npx } = manager
  return {
    folder,
    env,
    install: (...packages) => run([...command, ...add, ...packages], folder, env),
    installForDevelopment: (...packages) => run([...command, ...addDev, ...packages], folder, env),
    typed: (line) => [
      'sh',
      '-c',
      line.replace(/^npx /, `${npx.join(' ')} `).replace(/(^|" )node /, `$1${node.join(' ')} `),
    ],
  }
}
