import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { asCommonJs, type PageModule } from '../../../test/pages'
import { run } from './command'

const require = createRequire(import.meta.url)

/** The compilers: the oldest that is supported, the one that this repository is written with, the newest. */
const versions = ['typescript-5.4', 'typescript', 'typescript-7']

const resolutions = [
  { name: 'nodenext', options: { module: 'nodenext', moduleResolution: 'nodenext' }, extensions: ['mts', 'cts'] },
  { name: 'node16', options: { module: 'node16', moduleResolution: 'node16' }, extensions: ['mts', 'cts'] },
  { name: 'bundler', options: { module: 'esnext', moduleResolution: 'bundler' }, extensions: ['ts'] },
] as const

/** What is ours: other packages have types that some compilers or libraries do not get along with. */
const ours = /^(pages|node_modules\/@sojourn)\//

/** Packages that are ES modules alone. */
const onlyEsModules = /from '@nestjs\//

/** TypeScript 5.4, and every version with `node16`, lets no CommonJS program have an ES module. */
const canRequireEsModules = (version: string, resolution: string) =>
  version !== 'typescript-5.4' && resolution === 'nodenext'

/** Every compiler with every way of resolving modules. `compile` yields what the compiler complains about in our code. */
export const compileEverywhere = versions.flatMap((version) =>
  resolutions.map(({ name, options, extensions }) => ({
    name: `${version}, ${name}, ${extensions.includes('cts' as never) ? 'ESM and CommonJS' : 'ESM'}`,
    async compile(project: string, modules: readonly PageModule[]): Promise<string[]> {
      const folder = join(project, 'pages')
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder)
      for (const { at, code } of modules) {
        for (const extension of extensions) {
          if (extension === 'cts' && onlyEsModules.test(code) && !canRequireEsModules(version, name)) continue
          const file = `${at.replace(/\W+/g, '-')}.${extension}`
          await writeFile(join(folder, file), `${extension === 'cts' ? asCommonJs(code) : code}\nexport {}\n`)
        }
      }
      const compilerOptions = {
        ...options,
        target: 'es2022',
        lib: ['es2023', 'dom', 'dom.iterable'],
        types: ['node'],
        strict: true,
        skipLibCheck: false,
        // As in a project of NestJS.
        experimentalDecorators: true,
        noEmit: true,
      }
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['pages'] }))
      const compiler = join(dirname(require.resolve(`${version}/package.json`)), 'bin/tsc')
      const command = [process.execPath, compiler, '-p', '.', '--pretty', 'false']
      const printed = await run(command, project).catch((error: Error) => error.message)
      return printed.split('\n').filter((line) => ours.test(line))
    },
  })),
)
