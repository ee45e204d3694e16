/** One section of the report as a Markdown table: what a reader quotes is what was run. */
export function markdownTable(title: string, rows: Record<string, string | number>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  return [
    `\n## ${title}\n`,
    `| ${columns.join(' | ')} |`,
    `|${columns.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${columns.map((column) => row[column]).join(' | ')} |`),
  ].join('\n')
}

/** Prints a section of the report. */
export function table(title: string, rows: Record<string, string | number>[]): void {
  console.log(markdownTable(title, rows))
}

/** A number a person can compare: three significant digits, thousands apart. */
export function short(value: number): string {
  const rounded = value >= 1000 ? Math.round(value) : Number(value.toPrecision(3))
  return rounded.toLocaleString('en-US').replaceAll(',', ' ')
}
