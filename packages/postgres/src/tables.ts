import { type Kind, type OptionTable, ofType, readOptions, SessionConfigError, shown } from '#check'

/** Where the tables are. Pass the same to the stores and to the migration. */
export interface TableOptions {
  /**
   * The schema that holds the tables: letters, digits, `_` and `-`, at most 63, not beginning with a digit or `-`.
   * @default the first schema of the `search_path`
   */
  schema?: string
  /**
   * The table of sessions. `<table>_limit` and `<table>_revocation` are created beside it. Letters, digits, `_` and `-`, at
   * most 40, not beginning with a digit or `-`.
   * @default 'sojourn_session'
   */
  table?: string
}

/** The names of the tables, quoted as identifiers and qualified with the schema. */
export interface Tables {
  /** The schema alone, quoted. Undefined if none was given. */
  schema: string | undefined
  sessions: string
  limits: string
  revocations: string
  /** The quoted name of an index with this suffix. */
  index(suffix: string): string
}

/** Postgres cuts a name at 63 bytes without an error. The longest suffix here has 22. */
const MAX_TABLE_LENGTH = 40
const MAX_SCHEMA_LENGTH = 63

// The same options object may be passed to the stores and to the migration, so each accepts the options of all.
const OPTIONS = {
  schema: { kind: nameOf(MAX_SCHEMA_LENGTH) },
  table: { kind: nameOf(MAX_TABLE_LENGTH), default: 'sojourn_session' },
  prepare: { kind: ofType('boolean'), default: false },
} satisfies OptionTable<TableOptions & { prepare?: boolean }>

/**
 * Checks the options of `call` and derives the names of the tables.
 * @throws SessionConfigError for a schema or table that is empty, too long, or contains a character that is not allowed,
 * and for an unknown option: a misspelt `table` would mean the default one.
 */
export function tablesOf(call: string, options: TableOptions = {}): Tables {
  const { schema, table } = readOptions(`${call}.`, options, OPTIONS)
  const prefix = schema === undefined ? '' : `"${schema}".`
  return {
    schema: schema === undefined ? undefined : `"${schema}"`,
    sessions: `${prefix}"${table}"`,
    limits: `${prefix}"${table}_limit"`,
    revocations: `${prefix}"${table}_revocation"`,
    index: (suffix) => `"${table}_${suffix}"`,
  }
}

function nameOf(maxLength: number): Kind {
  return (option, value) => {
    if (typeof value === 'string' && value.length <= maxLength && /^[A-Za-z_][\w-]*$/.test(value)) return
    throw new SessionConfigError(
      option,
      `must be a name of letters, digits, "_" and "-", at most ${maxLength}, and is ${shown(value)}` +
        (option.endsWith('.table') && String(value).includes('.') ? '; the schema is an option of its own' : ''),
    )
  }
}
