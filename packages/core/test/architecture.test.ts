import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const packages = fileURLToPath(new URL('../..', import.meta.url))
const ADAPTERS = ['http', 'express', 'koa', 'fastify']
const STORES = ['redis', 'postgres']

/**
 * The folders and files of core's `src`, from bottom to top. Code imports, types too, from its own folder and from lines
 * above its own.
 */
const LEVELS = `
  errors
  check seal
  http record
  events store
  config
  persistence
  session
  gateway manager
  kong resty
  index
`
  .trim()
  .split('\n')
  .map((line) => line.trim().split(' '))

const sourcesOf = (name: string): string[] =>
  readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replaceAll('\\', '/'))
const textOf = (name: string, file: string) => readFileSync(join(packages, name, 'src', file), 'utf8')
const parse = (name: string, file: string) =>
  ts.createSourceFile(file, textOf(name, file), ts.ScriptTarget.Latest, true)

/** What a file imports, exports from elsewhere, or loads later; types included. */
const importsOf = (name: string, file: string): string[] =>
  ts.preProcessFile(textOf(name, file)).importedFiles.map(({ fileName }) => fileName)

/** The words of a file's names and texts, comments left out: `setTimeout` is `set` and `timeout`. */
function wordsOf(name: string, file: string): string[] {
  const words: string[] = []
  walk(parse(name, file), (node) => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || isText(node)) {
      words.push(...(node.text.match(/[A-Z]?[a-z]+|[A-Z]+/g) ?? []))
    }
  })
  return words.map((word) => word.toLowerCase())
}

const isText = (node: ts.Node): node is ts.LiteralLikeNode =>
  ts.isStringLiteralLike(node) ||
  ts.isRegularExpressionLiteral(node) ||
  ts.isTemplateHead(node) ||
  ts.isTemplateMiddleOrTemplateTail(node)

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

describe('core', () => {
  const files = sourcesOf('core').map((file) => file.replace(/\.ts$/, ''))
  const chapterOf = (file: string) => file.split('/')[0]!
  const levelOf = new Map(LEVELS.flatMap((line, level) => line.map((chapter) => [chapter, level] as const)))
  /** The file that an import means, by its path without an ending. */
  const ownImports = (file: string) =>
    importsOf('core', `${file}.ts`).flatMap((name) => {
      if (name === '#platform') return ['seal/platform-node', 'seal/platform-web']
      return name.startsWith('.') ? [posix.join(posix.dirname(file), name)] : []
    })

  it('has at most 15 entries in src, and at most 14 files in a folder', () => {
    const entries = new Set(files.map(chapterOf))
    expect(entries.size).toBeLessThanOrEqual(15)
    for (const entry of entries) {
      expect(files.filter((file) => file.startsWith(`${entry}/`)).length, entry).toBeLessThanOrEqual(14)
    }
  })

  it('has a level for every folder and file of src, and no level for one that is gone', () => {
    expect(LEVELS.flat().toSorted()).toEqual([...new Set(files.map(chapterOf))].toSorted())
  })

  it.each(files)('imports in %s from its own folder and from lower levels only', (file) => {
    const own = chapterOf(file)
    const others = ownImports(file)
      .map(chapterOf)
      .filter((chapter) => chapter !== own)
    expect(others.filter((chapter) => levelOf.get(chapter)! >= levelOf.get(own)!)).toEqual([])
  })

  it('imports Node in platform-node alone, and what it seals with elsewhere in platform-web alone', () => {
    const foreign = files.flatMap((file) =>
      importsOf('core', `${file}.ts`)
        .filter((name) => !name.startsWith('.') && name !== '#platform')
        .map((name) => `${file}: ${name}`),
    )
    expect(foreign.toSorted()).toEqual([
      'http/cookie: cookie',
      'seal/platform-node: node:crypto',
      'seal/platform-web: iron-webcrypto',
    ])
  })

  it('uses no global that only Node has', () => {
    const NODE = [
      'Buffer',
      'process',
      'global',
      'require',
      'module',
      'exports',
      '__dirname',
      '__filename',
      'setImmediate',
    ]
    const used = files
      .filter((file) => file !== 'seal/platform-node')
      .flatMap((file) => {
        const found: string[] = []
        walk(parse('core', `${file}.ts`), (node) => {
          if (!ts.isIdentifier(node) || !NODE.includes(node.text)) return
          const isName = (node.parent as ts.Node & { name?: ts.Node }).name === node
          if (!isName) found.push(`${file}: ${node.text}`)
        })
        return found
      })
    expect(used).toEqual([])
  })

  it('needs one package at run time, because iron-webcrypto is bundled', () => {
    const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(packages, 'core/package.json'), 'utf8'),
    )
    const all = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })
    expect(all).toEqual(['cookie'])
  })
})

describe.each(['core', ...ADAPTERS, ...STORES, 'compat', 'connect', 'cli', 'otel', 'testing'])(
  'packages/%s',
  (name) => {
    it('has no import cycle', () => {
      const own = new Set(sourcesOf(name).map((file) => file.replace(/\.ts$/, '')))
      const done = new Set<string>()
      const follow = (file: string, path: string[]): void => {
        if (path.includes(file)) throw new Error(`a cycle: ${[...path, file].join(' → ')}`)
        if (done.has(file) || !own.has(file)) return
        for (const target of importsOf(name, `${file}.ts`)) {
          if (target.startsWith('.')) follow(posix.join(posix.dirname(file), target), [...path, file])
        }
        done.add(file)
      }
      for (const file of own) follow(file, [])
      expect(done.size).toBe(own.size)
    })
  },
)

describe.each([...ADAPTERS, ...STORES])('packages/%s', (name) => {
  it('imports types, and nothing that runs, from core, and passes nothing of it on', () => {
    const wrong = sourcesOf(name).flatMap((file) =>
      parse(name, file)
        .statements.filter((statement) => {
          if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return false
          const from = statement.moduleSpecifier?.getText().slice(1, -1) ?? ''
          if (!/^@sojourn\/session-core(?:\/|$)/.test(from)) return false
          return ts.isExportDeclaration(statement) || runs(statement.importClause)
        })
        .map((statement) => `${file}: ${statement.getText()}`),
    )
    expect(wrong).toEqual([])
    for (const file of sourcesOf(name))
      expect(textOf(name, file)).not.toMatch(/(?:import|require)\('@sojourn\/session-core/)
  })

  function runs(clause: ts.ImportClause | undefined): boolean {
    if (!clause || clause.isTypeOnly) return !clause
    const named = clause.namedBindings
    if (clause.name || !named || ts.isNamespaceImport(named)) return true
    return named.elements.some(({ isTypeOnly }) => !isTypeOnly)
  }
})

describe.each(ADAPTERS)('the adapter packages/%s', (name) => {
  const isStub = sourcesOf(name).every((file) => textOf(name, file).trim() === 'export {}')
  const CRYPTO = ['crypto', 'cipher', 'hash', 'hmac', 'hkdf', 'seal', 'sealed', 'unseal', 'secret', 'token', 'random']
  const CLOCKS = ['clock', 'timeout', 'timeouts', 'timer', 'interval', 'now', 'idle', 'rolling', 'expired', 'ttl']
  const STORAGE = ['store', 'stores', 'store', 'redis', 'postgres', 'revoke', 'revocations']

  it.skipIf(isStub)('has no word of cryptography, clocks or stores in its code', () => {
    const forbidden = new Set([...CRYPTO, ...CLOCKS, ...STORAGE])
    const found = sourcesOf(name).flatMap((file) =>
      wordsOf(name, file)
        .filter((word) => forbidden.has(word))
        .map((word) => `${file}: ${word}`),
    )
    expect(found).toEqual([])
  })

  // packages/http is home to what the others share, so there the bound is on each file.
  const parts = name === 'http' ? sourcesOf(name).map((file) => [file]) : [sourcesOf(name)]
  it.skipIf(isStub).each(parts.map((files) => [files.join(' + '), files] as const))(
    'holds under 150 lines of code in %s',
    (_, files) => {
      const lines = files.flatMap((file) =>
        textOf(name, file)
          .replace(/\/\*[\s\S]*?\*\//g, '')
          .split('\n'),
      )
      const code = lines.filter((line) => line.trim() && !line.trim().startsWith('//'))
      expect(code.length).toBeLessThan(150)
    },
  )
})
