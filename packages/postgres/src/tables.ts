/** Where the tables are. The same for the stores and for the migration. */
export interface TableOptions {
  /** The schema that holds the tables: a name like that of `table`, at most 63. Default: the first of the `search_path`. */
  schema?: string
  /**
   * The table of sessions; `<table>_order` and `<table>_revocation` lie beside it. Letters, digits, `_` and `-`, not
   * beginning with a digit or `-`, at most 40. Default `sojourn_session`.
   */
  table?: string
}

/** The tables' names, quoted as identifiers and qualified with the schema. */
export interface Tables {
  /** The schema alone, quoted; undefined where none was given. */
  schema: string | undefined
  sessions: string
  orders: string
  revocations: string
  /** The quoted name of an index of the table of sessions, or of the one with the given suffix. */
  index(suffix: string): string
}

/** Postgres cuts a name at 63 bytes without a word; the longest suffix here has 22. */
const longestTable = 40
const longestSchema = 63

// One object of options serves the stores and the migration alike.
const known = ['schema', 'table', 'prepare']

/**
 * @throws TypeError for a schema or a table whose name is empty, too long or holds a character that is not allowed, and for
 * an option that does not exist: a misspelt `table` would mean the default one.
 */
export function tablesOf(options: TableOptions = {}): Tables {
  const unknown = Object.keys(options).find((option) => !known.includes(option))
  if (unknown !== undefined) throw new TypeError(`${unknown}: is not an option; known are ${known.join(', ')}`)
  const { schema, table = 'sojourn_session' } = options
  if (schema !== undefined) checkName('schema', schema, longestSchema)
  checkName('table', table, longestTable)
  const prefix = schema === undefined ? '' : `"${schema}".`
  return {
    schema: schema === undefined ? undefined : `"${schema}"`,
    sessions: `${prefix}"${table}"`,
    orders: `${prefix}"${table}_order"`,
    revocations: `${prefix}"${table}_revocation"`,
    index: (suffix) => `"${table}_${suffix}"`,
  }
}

function checkName(option: string, name: unknown, longest: number): void {
  if (typeof name === 'string' && name.length <= longest && /^[A-Za-z_][\w-]*$/.test(name)) return
  throw new TypeError(
    `${option}: must be a name of letters, digits, "_" and "-", at most ${longest}, and is ${JSON.stringify(name)}` +
      (option === 'table' && String(name).includes('.') ? '; the schema is an option of its own' : ''),
  )
}
