import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { json, packageFolders } from './workspace-copy'

/** The entries of all packages, as their declaration files: what an editor shows. */
const entries: { entry: string; file: string }[] = []
for (const [name, folder] of await packageFolders()) {
  const { exports } = await json(`${folder}/package.json`)
  for (const [entry, conditions] of Object.entries<{ import: { types: string } }>(exports)) {
    if (entry !== './package.json')
      entries.push({ entry: name + entry.slice(1), file: join(folder, conditions.import.types) })
  }
}

const program = ts.createProgram(
  entries.map(({ file }) => file),
  { module: ts.ModuleKind.NodeNext, skipLibCheck: true, strict: true },
)
const checker = program.getTypeChecker()

/** What an editor shows for a symbol, without its tags. */
const text = (symbol: ts.Symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim()
const tags = (symbol: ts.Symbol) => symbol.getJsDocTags(checker).map(({ name }) => name)

/** Declared in a package of ours: not by the language, and not by a library that it builds on. */
const isOurs = (symbol: ts.Symbol) =>
  symbol.declarations?.some((declaration) =>
    /[/\\]packages[/\\][^/\\]+[/\\]dist[/\\]/.test(declaration.getSourceFile().fileName),
  )

const isHidden = (symbol: ts.Symbol) =>
  symbol.declarations?.some(
    (declaration) =>
      ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected) ||
      (ts.isPropertyDeclaration(declaration) && ts.isPrivateIdentifier(declaration.name)),
  )

/** The members that a user reads or writes: of an interface, a class, or a type that is written as an object. */
function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  const types = type.isUnion() ? type.types : [type]
  return types
    .filter((each) => each.flags & ts.TypeFlags.Object)
    .flatMap((each) => each.getProperties())
    .filter((member) => isOurs(member) && !isHidden(member))
}

/** An option that cannot be given: its type only says what it would need. */
function isRefused(member: ts.Symbol): boolean {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(member))
  return /^Option(Needs|NotWith)$/.test((type.aliasSymbol ?? type.symbol)?.name ?? '')
}

const isCallable = (symbol: ts.Symbol) =>
  symbol.flags & ts.SymbolFlags.Class ||
  (symbol.flags & ts.SymbolFlags.Value && checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0)

/** What is missing in the documentation of an exported symbol. */
function missing(exported: ts.Symbol): string[] {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
  if (!isOurs(symbol)) return []
  const found: string[] = []
  if (!text(symbol)) found.push(`${symbol.name}: text`)
  if (isCallable(symbol) && !tags(symbol).includes('example')) found.push(`${symbol.name}: @example`)
  const isType = symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Class)
  const isOptions = /(Options|Setup)$/.test(symbol.name)
  for (const member of isType ? membersOf(symbol) : []) {
    if (!text(member)) found.push(`${symbol.name}.${member.name}: text`)
    const isOptional = member.flags & ts.SymbolFlags.Optional
    if (isOptions && isOptional && !isRefused(member) && !tags(member).includes('default'))
      found.push(`${symbol.name}.${member.name}: @default`)
  }
  return found
}

describe('every public symbol is documented: what it is, an example of what is called, the default of an option', () => {
  it.each(entries)('$entry', ({ file }) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!
    const symbols = checker.getExportsOfModule(module)
    expect(symbols.length).toBeGreaterThan(0)
    expect([...new Set(symbols.flatMap(missing))]).toEqual([])
  })
})
