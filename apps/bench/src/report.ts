/** Prints one section of the report as a Markdown table: what a reader quotes is what was run. */
export function table(title: string, rows: Record<string, string | number>[]): void {
  const columns = Object.keys(rows[0] ?? {})
  console.log(`\n## ${title}\n`)
  console.log(`| ${columns.join(' | ')} |`)
  console.log(`|${columns.map(() => '---').join('|')}|`)
  for (const row of rows) console.log(`| ${columns.map((column) => row[column]).join(' | ')} |`)
}

/** A number a person can compare: three significant digits, thousands apart. */
export function short(value: number): string {
  const rounded = value >= 1000 ? Math.round(value) : Number(value.toPrecision(3))
  return rounded.toLocaleString('en-US').replaceAll(',', ' ')
}
