import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

// Compiles small projects against the packages as `pnpm build` has built them, declaration files included. Lines that must
// not compile are marked `@ts-expect-error`.
const root = fileURLToPath(new URL('..', import.meta.url))
const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent({ ...config, files: ['none.ts'] }, ts.sys, root)
const settings = { ...options, noUnusedLocals: false, skipLibCheck: false, declaration: false }

// The projects share most declaration files: each is parsed once.
const host = ts.createCompilerHost(settings)
const parsed = new Map<string, ts.SourceFile | undefined>()
const parse = host.getSourceFile
host.getSourceFile = (file, version) => {
  if (!parsed.has(file)) parsed.set(file, parse(file, version))
  return parsed.get(file)
}

const projects = readdirSync(`${root}packages`)
  .map((name) => `packages/${name}/test/compile`)
  .filter((folder) => existsSync(root + folder))
  .flatMap((folder) => readdirSync(root + folder).map((file) => `${folder}/${file}`))

describe('compile', () => {
  it.each(projects)('%s compiles, but for the lines that it marks', (file) => {
    const program = ts.createProgram([root + file], settings, host)
    const found = ts.getPreEmitDiagnostics(program).map((error) => ts.formatDiagnostic(error, host))
    expect(found).toEqual([])
  })
})
