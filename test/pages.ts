import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromMarkdown } from 'mdast-util-from-markdown'
import ts from 'typescript'
import { root } from './workspace-copy'

/** One fenced block of code in a page. */
interface Block {
  /** The page and the line: `README.md:23`. */
  readonly at: string
  readonly language: string | undefined
  /** What stands behind the language. */
  readonly mark: string | undefined
  /** The file that it is, where the sentence before it names one: "In `server.ts`:". */
  readonly file?: string | undefined
  readonly code: string
}

/** One page that users read: a README, or a page of the docs. */
export interface Page {
  /** `packages/koa/README.md` */
  readonly path: string
  readonly blocks: readonly Block[]
}

type Root = ReturnType<typeof fromMarkdown>
type Node = Root | Root['children'][number]

/** The file that a paragraph begins with: "In `server.ts`:". */
function fileNamed(paragraph: Node | undefined): string | undefined {
  if (paragraph?.type !== 'paragraph') return undefined
  const [word, file] = paragraph.children
  return word?.type === 'text' && word.value === 'In ' && file?.type === 'inlineCode' ? file.value : undefined
}

/** The pages that users read. Those of the apps are for people who have cloned the repository. */
export async function readPages(): Promise<Page[]> {
  const packages = (await readdir(join(root, 'packages'))).map((name) => `packages/${name}/README.md`)
  const docs = (await readdir(join(root, 'docs'), { recursive: true }))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md') && !path.startsWith('docs/decisions/'))
  return Promise.all(['README.md', ...packages, ...docs].map(readPage))
}

export async function readPage(path: string): Promise<Page> {
  const tree = fromMarkdown(await readFile(join(root, path), 'utf8'))
  const blocks: Block[] = []
  const visit = (node: Node, before?: Node): void => {
    if (node.type === 'code') {
      const at = `${path}:${node.position?.start.line}`
      const [language, mark] = [node.lang ?? undefined, node.meta ?? undefined]
      blocks.push({ at, language, mark, file: fileNamed(before), code: `${node.value}\n` })
    }
    if ('children' in node) for (const [at, child] of node.children.entries()) visit(child, node.children[at - 1])
  }
  visit(tree)
  return { path, blocks }
}

/** A module for a compiler: blocks of one page that belong together. */
export interface PageModule {
  readonly at: string
  readonly code: string
}

/**
 * The TypeScript of a page. A block goes on where the one before it ended: it uses what that one has declared. A block
 * that declares such a name again begins a new module. In place of an import from another file of the page stands that file.
 */
export function modulesOf(page: Page): PageModule[] {
  const modules: { at: string; code: string; names: Set<string> }[] = []
  for (const { at, code: written, file } of page.blocks.filter(({ language }) => language === 'ts')) {
    const code = file
      ? written.replace(/^import .* from '(\.[^']*)'\n/gm, (_, path) => fileOf(page, join(file, '..', path)))
      : written
    const names = declaredNames(code)
    const last = modules.at(-1)
    if (last && !names.some((name) => last.names.has(name))) {
      last.code += code
      for (const name of names) last.names.add(name)
    } else modules.push({ at, code, names: new Set(names) })
  }
  return modules
}

const fileOf = ({ blocks }: Page, path: string) => blocks.find(({ file }) => file === `${path}.ts`)!.code

function declaredNames(code: string): string[] {
  const { statements } = ts.createSourceFile('block.ts', code, ts.ScriptTarget.Latest)
  return statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement)) {
      const { name, namedBindings } = statement.importClause ?? {}
      const named =
        namedBindings && ts.isNamedImports(namedBindings) ? namedBindings.elements.map(({ name }) => name) : []
      return [...(name ? [name] : []), ...named].map(({ text }) => text)
    }
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.flatMap(({ name }) => bound(name))
    }
    const { name } = statement as ts.Statement & { name?: ts.Node }
    return name && ts.isIdentifier(name) ? [name.text] : []
  })
}

const bound = (name: ts.BindingName): string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => (ts.isBindingElement(element) ? bound(element.name) : []))

/**
 * The same module where `import` becomes `require`: there is no `await` outside a function in CommonJS, so what follows the
 * imports is put into one.
 */
export function asCommonJs(code: string): string {
  const source = ts.createSourceFile('block.ts', code, ts.ScriptTarget.Latest)
  const text = (statement: ts.Statement) =>
    ts.isInterfaceDeclaration(statement) ? withoutExport(statement, source) : statement.getFullText(source)
  // A declared function may return an interface of the same block.
  const atTop = (statement: ts.Statement) =>
    ts.isImportDeclaration(statement) || ts.isInterfaceDeclaration(statement) || isDeclared(statement)
  const top = source.statements.filter(atTop).map(text)
  const body = source.statements
    .filter((statement) => !atTop(statement))
    .map((statement) => withoutExport(statement, source))
  return `${top.join('')}\nasync function main() {${body.join('')}}\nmain()\n`
}

const isDeclared = (statement: ts.Statement) =>
  ts.canHaveModifiers(statement) &&
  (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)

function withoutExport(statement: ts.Statement, source: ts.SourceFile): string {
  const comments = source.text.slice(statement.getFullStart(), statement.getStart(source))
  return (
    comments +
    statement
      .getText(source)
      .replace(/^export default /, 'return ')
      .replace(/^export /, '')
  )
}
