import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Dashboard, Panel } from '@grafana/schema'
import { parser } from '@prometheus-io/lezer-promql'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const text = readFileSync(new URL('../grafana-dashboard.json', import.meta.url), 'utf8')
const panels = (JSON.parse(text) as Dashboard).panels as Panel[]
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => String(expr)))

/** The dashboard as code, so that the compiler holds it to the types that Grafana makes of its schema. */
const asCode = `
import type { Dashboard } from '@grafana/schema'
import type { Options } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'

// JSON has the values of enumerations.
type Json<T> = T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Json<T[K]> } : T

export const dashboard: Dashboard = ${text}
export const options: Json<Options>[] = [${panels.map((panel) => JSON.stringify(panel.options)).join()}]
`

/** What the compiler finds in a module that does not lie on disk. */
function errorsIn(code: string): string[] {
  const path = fileURLToPath(new URL('./dashboard.code.ts', import.meta.url))
  const settings: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types: [],
  }
  const host = ts.createCompilerHost(settings)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => name === path || fileExists(name)
  host.getSourceFile = (name, ...rest) =>
    name === path ? ts.createSourceFile(name, code, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest)
  const errors = ts.getPreEmitDiagnostics(ts.createProgram([path], settings, host))
  return errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

/** Whether a parser finds no error in a query. Grafana puts in the interval. */
function isPromQL(expression: string): boolean {
  let hasError = false
  parser.parse(expression.replaceAll('$__rate_interval', '5m')).iterate({
    enter({ type }) {
      hasError ||= type.isError
    },
  })
  return !hasError
}

describe('the Grafana dashboard', () => {
  it("has what Grafana's schema has, and nothing else", () => {
    expect(errorsIn(asCode)).toEqual([])
    expect(errorsIn(asCode.replace('"gridPos"', '"gridpos"'))).toEqual([expect.stringContaining('gridpos')])
    expect(errorsIn(asCode.replace('"multi"', '"several"'))).toEqual([expect.stringContaining('several')])
  })

  it('has no query that is not PromQL', () => {
    expect(expressions.length).toBeGreaterThan(10)
    expect(expressions.filter((expression) => !isPromQL(expression))).toEqual([])
    expect(isPromQL('sum(rate(x[5m])')).toBe(false)
  })

  it('has panels that do not overlap, each with an id of its own', () => {
    const cells = panels.flatMap(({ gridPos }) => {
      const { x, y, w, h } = gridPos!
      expect(x + w).toBeLessThanOrEqual(24)
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`)
    })
    expect(new Set(cells).size).toBe(cells.length)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  })
})
