// `npm run release [-- --registry URL]`: publishes all packages in the version that they have. Refuses, and publishes
// nothing, where something is amiss; what and what to do is the last thing it prints.
//
//   --registry URL   Default: npm's own setting.
//   --not-loopback   Treat the registry as one that others can reach, so that provenance is required.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { publishedPackages, root, rootManifest } from './packages.mjs'

const { values: options } = parseArgs({
  options: { registry: { type: 'string' }, 'not-loopback': { type: 'boolean', default: false } },
})
const registry = options.registry ?? execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
const isPublic = options['not-loopback'] || !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(registry).hostname)
const packages = publishedPackages()

checkOwner()
checkCleanTree()
checkProvenance()
checkChangesets()
checkUnpublished()
must('the tests fail. Nothing was published: mend them, commit, and run the release again.', ['.ci/run'])
checkCleanTree()
publish(pack())

/** Ends the command: nothing has been published. */
function refuse(reason) {
  console.error(`\nRelease refused: ${reason}`)
  process.exit(1)
}

/** Runs a program in the root to its end, and refuses the release where it fails. */
function must(reason, [program, ...args], cwd = root) {
  const { status } = spawnSync(program, args, { cwd, stdio: 'inherit' })
  if (status !== 0) refuse(reason)
}

function checkOwner() {
  if (/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+$/.test(rootManifest().repository)) return
  refuse('fill in "repository" in the root\'s package.json, as https://github.com/OWNER/NAME, and run `npm run owner`.')
}

function checkCleanTree() {
  const changes = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).trim()
  if (changes) refuse(`the working tree is not clean. Commit or remove these first:\n${changes}`)
}

function checkProvenance() {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: github, SIGSTORE_ID_TOKEN: gitlab } = process.env
  if (!isPublic || github || gitlab) return
  refuse(
    `${registry} needs provenance, which only CI can give. Run the workflow .github/workflows/release.yml instead.`,
  )
}

function checkChangesets() {
  const waiting = readdirSync(join(root, '.changeset')).filter((name) => name.endsWith('.md'))
  if (waiting.length === 0) return
  refuse(`changes wait for a version: ${waiting.join(', ')}. Run \`npm run release:version\` and commit what it did.`)
}

function checkUnpublished() {
  for (const { name, version } of packages.map(({ manifest }) => manifest)) {
    const args = ['view', `${name}@${version}`, 'version', '--json', '--registry', registry]
    const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8' })
    if (status === 0 && stdout.trim()) {
      refuse(
        `${name} ${version} is out already. Describe the change with \`npx changeset\`, then \`npm run release:version\`.`,
      )
    }
    if (status !== 0 && !`${stdout}${stderr}`.includes('E404'))
      refuse(`${registry} does not say what is out:\n${stderr}`)
  }
}

/** Builds all packages anew, and packs them. Yields the packed files, in the order to publish them in. */
function pack() {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-packed-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const { folder: built } of packages) rmSync(join(built, 'dist'), { recursive: true, force: true })
  must('a package does not build.', ['node', 'scripts/run.mjs', 'build', '--force'])
  must('a package cannot be packed.', ['node', 'scripts/run.mjs', 'pack', folder])
  return packages.map(({ manifest: { name, version } }) => {
    const file = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
    if (!existsSync(file)) refuse(`${name} was not packed.`)
    return file
  })
}

function publish(files) {
  const settings = ['--registry', registry, '--access', 'public', `--provenance=${isPublic}`]
  for (const [index, file] of files.entries()) {
    const { status } = spawnSync('npm', ['publish', file, ...settings], { cwd: tmpdir(), stdio: 'inherit' })
    if (status === 0) continue
    const published = packages.slice(0, index).map(({ manifest }) => manifest.name)
    console.error(
      `\nRelease failed at ${packages[index].manifest.name}. Already out: ${published.join(', ') || 'none'}.`,
    )
    if (index > 0)
      console.error('Release all of them again in the next patch version: see "Releases" in CONTRIBUTING.md.')
    process.exit(1)
  }
}
