import { fileURLToPath } from 'node:url'
import ts from 'typescript'

// Compiles against the packages as `pnpm build` has built them, declaration files included.
const root = fileURLToPath(new URL('..', import.meta.url))
const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent({ ...config, files: ['none.ts'] }, ts.sys, root)
const settings = { ...options, noUnusedLocals: false, skipLibCheck: false, declaration: false }

// What is compiled shares most declaration files: each is parsed once.
const host = ts.createCompilerHost(settings)
const parsed = new Map<string, ts.SourceFile | undefined>()
const parse = host.getSourceFile
host.getSourceFile = (file, version) => {
  if (!parsed.has(file)) parsed.set(file, parse(file, version))
  return parsed.get(file)
}

/** What the compiler complains about in a file. `looser` are options that take the place of the workspace's. */
export function compile(file: string, looser: ts.CompilerOptions = {}): string[] {
  const program = ts.createProgram([file], { ...settings, ...looser }, host)
  return ts.getPreEmitDiagnostics(program).map((error) => ts.formatDiagnostic(error, host))
}
