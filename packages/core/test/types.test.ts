import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const { config } = ts.readConfigFile(path('../tsconfig.json'), ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, path('..'))

/** Pairs that start-up refuses, and what the compiler must say of them. */
const REFUSED: [options: string, message: RegExp][] = [
  ['store, revocations', /'revocations'(?:.|\n)*OptionNotWith<"store">/],
  ['store, compress: true', /'compress'(?:.|\n)*OptionNotWith<"store">/],
  ['store, cookie: { chunks: 2 }', /'cookie.chunks'(?:.|\n)*OptionNotWith<"store">/],
  ["store, onLimit: 'refuse'", /OptionNeeds<"maxPerSubject">/],
  ['maxPerSubject: 3', /OptionNeeds<"store">/],
  ['store: plain, maxPerSubject: 3', /OptionNeeds<"a store with SubjectLimit">/],
  ["onReuse: 'destroy'", /'store' is missing(?:.|\n)*onReuse/],
  ["store, storage: 'redis'", /'storage' does not exist/],
]
const refused = path('types/refused.ts')
const refusedCode = `
  import { createSessionManager, memoryRevocations, memoryStore, type SessionStore } from '@sojourn/session-core'
  declare const plain: SessionStore
  const [secret, store, revocations] = ['', memoryStore(), memoryRevocations()]
  ${REFUSED.map(([each]) => `createSessionManager({ secret, ${each} })`).join('\n')}`

/** Types of data that JSON cannot hold, and the key that the compiler must name. */
const NOT_JSON: [data: string, key: string][] = [
  ['{ at: Date }', 'at'],
  ['{ cart: { items: { addedAt: Date }[] } }', 'addedAt'],
  ['{ seen?: Map<string, number> }', 'seen'],
  ['{ total: bigint }', 'total'],
  ['{ price: { format(): string } }', 'format'],
  ['{ bytes: Uint8Array }', 'bytes'],
]
const wrongData = path('types/wrong-data.ts')
const wrongDataCode = `
  import { createSessionManager } from '@sojourn/session-core'
  ${NOT_JSON.map(([data]) => `createSessionManager<${data}>({ secret: '' })`).join('\n')}`

const virtual = new Map([
  [refused, refusedCode],
  [wrongData, wrongDataCode],
])
const marked = ['types/manager.ts', 'types/data.ts', 'types/errors-and-events.ts'].map(path)
const entries = ['index', 'gateway/index', 'kong/index', 'resty/index'].map((name) => path(`../src/${name}.ts`))

/** One program for all tests, because most of the time goes into the declarations of libraries. */
function createProgram(): ts.Program {
  // Without the DOM, whose declarations take longest to check.
  const strict = { ...options, skipLibCheck: false, lib: ['lib.es2023.d.ts'] }
  const host = ts.createCompilerHost(strict)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => virtual.has(name) || fileExists(name)
  host.getSourceFile = (name, ...rest) => {
    const code = virtual.get(name)
    return code === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, code, ts.ScriptTarget.Latest)
  }
  return ts.createProgram([...marked, ...entries, ...virtual.keys()], strict, host)
}

describe('the public types', { timeout: 120_000 }, () => {
  const program = createProgram()
  const checker = program.getTypeChecker()

  const messagesOf = (file: ts.SourceFile) =>
    program.getSemanticDiagnostics(file).map(({ start, messageText }) => {
      const line = file.getLineAndCharacterOfPosition(start!).line + 1
      return `${file.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })

  it('compile with what goes together and refuse what is marked, with the declarations of all libraries checked', () => {
    // Core's own source is compiled by `pnpm typecheck`.
    const files = program
      .getSourceFiles()
      .filter(({ fileName }) => marked.includes(fileName) || fileName.endsWith('.d.ts'))
    expect(files.length).toBeGreaterThan(marked.length)
    expect(files.flatMap(messagesOf)).toEqual([])
  })

  it('name the option, and what it needs, in the error of a pair that start-up refuses', () => {
    const messages = messagesOf(program.getSourceFile(refused)!)
    expect(messages).toHaveLength(REFUSED.length)
    for (const [i, [, message]] of REFUSED.entries()) expect(messages[i]).toMatch(message)
  })

  it('name the key of data that JSON cannot hold', () => {
    const messages = messagesOf(program.getSourceFile(wrongData)!)
    expect(messages).toHaveLength(NOT_JSON.length)
    for (const [i, [, key]] of NOT_JSON.entries()) {
      expect(messages[i]).toMatch(new RegExp(`'${key}'.*incompatible|'[^']*\\b${key}'|'${key}'`))
      expect(messages[i]).toContain('NotJson<')
    }
  })

  it('mention no type of ours that is not exported', () => {
    const resolve = (symbol: ts.Symbol) =>
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    const exported = new Set(
      entries.flatMap((entry) =>
        checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!).map(resolve),
      ),
    )
    const hidden = new Set<string>()
    const visit = (owner: string) => (node: ts.Node) => {
      if (ts.isBlock(node) || isPrivate(node)) return
      const name = ts.isTypeReferenceNode(node)
        ? node.typeName
        : ts.isExpressionWithTypeArguments(node)
          ? node.expression
          : undefined
      const symbol = name && checker.getSymbolAtLocation(name)
      const found = symbol && resolve(symbol)
      const isOurs = found?.declarations?.some(
        (each) => each.getSourceFile().fileName.startsWith(path('../src')) && !ts.isTypeParameterDeclaration(each),
      )
      if (isOurs && !exported.has(found!)) hidden.add(`${owner} mentions ${found!.name}`)
      node.forEachChild(visit(owner))
    }
    for (const symbol of exported) for (const node of symbol.declarations ?? []) visit(symbol.name)(node)
    expect([...hidden]).toEqual([])
  })
})

const isPrivate = (node: ts.Node) =>
  ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
