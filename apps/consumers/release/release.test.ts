import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { asCommonJs, modulesOf, type Page, readPages } from '../../../test/pages'
import { replay } from '../../../test/transcript'
import { json } from '../../../test/workspace-copy'
import { run } from './command'
import { compileEverywhere } from './compilers'
import { createProject, managers, type Project } from './managers'
import { runtimes } from './runtimes'
import { withServer } from './server'
import { bundleWorker, workerTranscript } from './worker'

const pages = await readPages()
const readme = pages.find(({ path }) => path === 'README.md')!
const [server] = modulesOf(readme)
const transcript = readme.blocks.find(({ language }) => language === 'console')!.code

/** The lines that a page tells its reader to type, without their comments. */
const lines = ({ blocks }: Page) =>
  blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.trim().split('\n'))
    .map((line) => line.replace(/\s+#.*/, ''))
const installLines = (page: Page) => lines(page).filter((line) => line.startsWith('npm install '))

/** Follows the install lines of a page, with a given version of our packages. */
async function follow(page: Page, project: Project, version: string): Promise<void> {
  for (const line of installLines(page)) {
    const words = line.split(' ').slice(2)
    const names = words.filter((word) => !word.startsWith('-'))
    const packages = names.map((name) => (/^@sojourn\/[\w-]+$/.test(name) ? `${name}@${version}` : name))
    if (words.includes('--save-dev')) await project.installForDevelopment(...packages)
    else await project.install(...packages)
  }
}

/** Types that declare `session` of a request, each in its own way: no program has those of two. Ours are the rest. */
const declaring = [
  /from '(express-session|@sojourn\/session-compat\/(express|koa|fastify))'/,
  /from '@fastify\/secure-session'/,
]
const declaredBy = (code: string) => declaring.findIndex((types) => types.test(code))

const transpiled = (code: string, module: ts.ModuleKind) =>
  ts.transpileModule(code, { compilerOptions: { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true } })
    .outputText

const { registry, caches, first, second, refusal } = inject('published')

describe('two releases', () => {
  it('are the first minor version and the next one', () => {
    expect([first, second]).toEqual(['0.1.0', '0.2.0'])
  })

  it('cannot be published again', () => {
    expect(refusal).toContain('0.2.0 is out already')
  })

  it('are refused where an adapter of one meets the core of the other', async () => {
    const project = await createProject(managers[0]!, registry, caches)
    const install = project.install(`@sojourn/session-core@${second}`, `@sojourn/session-express@${first}`, 'express')
    await expect(install).rejects.toThrow('ERESOLVE')
  })
})

describe.each(managers)('with $name', (manager) => {
  let project: Project
  beforeAll(async () => {
    project = await createProject(manager, registry, caches)
    await follow(readme, project, first)
    await follow(readme, project, second)
    await writeFile(join(project.folder, 'server.ts'), server!.code)
    await writeFile(join(project.folder, 'esm.mjs'), transpiled(server!.code, ts.ModuleKind.ESNext))
    await writeFile(join(project.folder, 'commonjs.cjs'), transpiled(asCommonJs(server!.code), ts.ModuleKind.CommonJS))
  })

  it('both versions are installed by the README’s lines, the second in place of the first', async () => {
    const { dependencies } = await json(join(project.folder, 'package.json'))
    expect(dependencies['@sojourn/session-core']).toContain(second)
  })

  it.each(['esm.mjs', 'commonjs.cjs'])(
    'the README’s server runs as %s, and its transcript is what happens',
    async (file) => {
      await withServer(project.typed(`node ${file}`), project, async (port) => {
        const { said, expected } = await replay(transcript, port)
        expect(said).toEqual(expected)
      })
    },
  )

  it.runIf(manager.compiles)(
    'the README’s own commands compile and start it, and its transcript is what happens',
    async () => {
      const [start, ...before] = lines(readme)
        .filter((line) => !installLines(readme).includes(line))
        .toReversed()
      for (const line of before.toReversed()) await run(project.typed(line), project.folder, project.env)
      await withServer(project.typed(start!), project, async (port) => {
        const { said, expected } = await replay(transcript, port)
        expect(said).toEqual(expected)
      })
    },
  )
})

describe('in a project that has followed every page', () => {
  let project: Project
  beforeAll(async () => {
    project = await createProject(managers[0]!, registry, caches)
    for (const page of pages) await follow(page, project, second)
    await project.installForDevelopment('@types/node@20', '@types/express')
    await writeFile(join(project.folder, 'esm.mjs'), transpiled(server!.code, ts.ModuleKind.ESNext))
  })

  it.each(compileEverywhere)('all code of all pages compiles: $name', async ({ compile }) => {
    const modules = pages.flatMap(modulesOf)
    for (const by of [-1, ...declaring.keys()]) {
      const group = modules.filter(({ code }) => declaredBy(code) === by)
      expect(await compile(project.folder, group)).toEqual([])
    }
  })

  it('a worker with a web-standard handler runs in workerd', async () => {
    await withServer(await bundleWorker(project.folder), project, async (port) => {
      const { said, expected } = await replay(workerTranscript, port)
      expect(said).toEqual(expected)
    })
  })

  it.each(runtimes)('the README’s server runs in $name, and its transcript is what happens', async ({ command }) => {
    await withServer([...command, 'esm.mjs'], project, async (port) => {
      const { said, expected } = await replay(transcript, port)
      expect(said).toEqual(expected)
    })
  })
})
