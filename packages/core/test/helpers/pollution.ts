import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Names that JavaScript itself, or Node, reads from Object.prototype: polluting them breaks every program. */
const LANGUAGE = new Set([
  ...['then', 'toJSON', 'constructor', 'get', 'set', 'value', 'writable', 'enumerable', 'configurable'],
  ...Object.getOwnPropertyNames(Object.prototype),
])

/** All names of members that the source below `folder` declares or reads: options, parameters, results, internal members. */
export function memberNames(folder: URL): string[] {
  const root = fileURLToPath(folder)
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) names.add(node.name.text)
    const named = node as ts.Node & { name?: ts.Node; propertyName?: ts.Node }
    for (const name of [named.name, named.propertyName]) {
      if (name && (ts.isIdentifier(name) || ts.isStringLiteral(name)) && !ts.isImportSpecifier(node))
        names.add(name.text)
    }
    if (ts.isStringLiteral(node) && /^[a-z]\w*$/i.test(node.text)) names.add(node.text)
    ts.forEachChild(node, visit)
  }
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || /platform-web/.test(file)) continue
    visit(ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest))
  }
  return [...names].filter((name) => !LANGUAGE.has(name)).sort()
}

async function polluted<T>(names: string[], value: unknown, run: () => Promise<T>): Promise<T> {
  for (const name of names) {
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true, enumerable: false })
  }
  try {
    return await run()
  } finally {
    for (const name of names) delete (Object.prototype as Record<string, unknown>)[name]
  }
}

/** Values that switch something on or off, where a member was expected to be absent. */
const VALUES = [0, true, () => ({})]

/** How many names are polluted at once. Only where that changes something, they are polluted one by one. */
const GROUP = 24

/** After so many faults the search ends. */
const ENOUGH = 20

const groupsOf = (names: string[]) =>
  Array.from({ length: Math.ceil(names.length / GROUP) }, (_, at) => names.slice(at * GROUP, (at + 1) * GROUP))

/**
 * Runs `story` with Object.prototype polluted by each of the names, and yields where it tells something else than without.
 * A name is left out with a value with which `others`, the story of the code around ours, changes too.
 */
export async function pollutionsSeen(
  names: readonly string[],
  story: () => Promise<unknown>,
  others?: () => Promise<unknown>,
): Promise<string[]> {
  const expected = JSON.stringify(await story())
  const expectedOfOthers = JSON.stringify(await others?.())
  const changed: string[] = []
  const tell = (group: string[], value: unknown, run: () => Promise<unknown>) =>
    polluted(group, value, run)
      .then(JSON.stringify)
      .catch((error: Error) => error.message)
  const pollute = async (group: string[], value: unknown): Promise<void> => {
    if (changed.length >= ENOUGH) return
    const seen = await tell(group, value, story)
    if (seen === expected) return
    if (group.length > 1) for (const name of group) await pollute([name], value)
    else if (others && (await tell(group, value, others)) !== expectedOfOthers) return
    // A group is reported too: its names may do together what none of them does alone.
    if (group.length > 1 && others) return
    changed.push(`${group.join(', ')} = ${String(value)}: ${seen?.startsWith('[') ? 'differs' : seen}`)
  }
  for (const value of VALUES) for (const group of groupsOf([...names])) await pollute(group, value)
  return changed
}
