import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createSessionManager } from '@sojourn/session-core'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const at = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))

interface Row {
  type: string
  /** `id`, `subjectKey?` … */
  members: string[]
  reasons: string[]
}

/** The rows of the table in docs/events.md. */
function documented(): Row[] {
  const page = readFileSync(at('docs/events.md'), 'utf8')
  const rows = page.split('\n').map((line) => line.split('|').slice(1, -1))
  const names = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
  return rows
    .filter(([type, ...cells]) => cells.length === 3 && type!.includes('`'))
    .map(([type, , members, reasons]) => ({
      type: names(type!)[0]!,
      members: names(members!),
      reasons: names(reasons!).toSorted(),
    }))
}

/** The same of the members of the type `SessionEvent`. */
function declared(): Row[] {
  const file = at('packages/core/src/events/events.ts')
  const program = ts.createProgram([file], { strict: true, noEmit: true })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)!
  const union = source.statements.find(
    (statement): statement is ts.TypeAliasDeclaration =>
      ts.isTypeAliasDeclaration(statement) && statement.name.text === 'SessionEvent',
  )!
  const texts = (type: ts.Type): string[] =>
    type.isUnion() ? type.types.flatMap(texts) : type.isStringLiteral() ? [type.value] : []
  const ofEvery = new Set(['at', 'audience', 'type'])
  return (checker.getTypeAtLocation(union) as ts.UnionType).types.map((event) => {
    const textsOf = (name: string) => {
      const member = event.getProperty(name)
      return member ? texts(checker.getTypeOfSymbolAtLocation(member, source)) : []
    }
    const members = event
      .getProperties()
      .filter(({ name }) => !ofEvery.has(name))
      .map(({ name, flags }) => `${name}${flags & ts.SymbolFlags.Optional ? '?' : ''}`)
    return { type: textsOf('type')[0]!, members, reasons: textsOf('reason').toSorted() }
  })
}

describe('docs/events.md', () => {
  const inOrder = (rows: Row[]) =>
    rows
      .map(({ members, ...row }) => ({ ...row, members: members.toSorted() }))
      .toSorted((a, b) => a.type.localeCompare(b.type))

  it('has a row for every event, with its members and reasons', () => {
    expect(inOrder(documented())).toEqual(inOrder(declared()))
  })

  it('has the events that a manager counts', () => {
    const { events } = createSessionManager({ secret: 'a secret for tests, at least 32 bytes long' }).counters()
    expect(documented().map(({ type }) => type)).toEqual(Object.keys(events))
  })
})
