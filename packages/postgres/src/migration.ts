import { checkDatabase, type Database } from './database'
import { noteVersion } from './schema-version'
import { type TableOptions, tablesOf } from './tables'

const severalSubjects = 'USING gin (subject_keys) WITH (fastupdate = off) WHERE cardinality(subject_keys) > 1'

/** An arbitrary number. It must be the same in every process that migrates. */
const lockKey = 7_375_106_917

/**
 * Returns one SQL statement that creates the tables and indexes, and the schema if one is given and absent. Use it with a
 * migration tool of your choice, or run it with {@link migrate}. The role needs the right to create in the schema.
 *
 * The comment of the table of sessions has the version of the schema. Each version only adds to the one before it, so releases
 * of two versions run side by side, and an older one leaves the tables of a newer one as they are.
 *
 * The statement may be run again: it adds what an older version did not have; if nothing is missing, it changes nothing and
 * waits for no writer. Processes that run it at the same time
 * wait for one another; without that, `CREATE … IF NOT EXISTS` fails in all but one.
 *
 * A touch updates its row within the page and writes to no index (a HOT update), because no index covers a column that a
 * touch changes, and a fifth of each page stays free. An index on `expires_at` would make touches several times slower.
 *
 * Sessions of one subject are indexed in the order in which they are listed. Sessions of several subjects are in a GIN
 * index, which has no order. Anonymous sessions are in neither.
 *
 * @throws SessionConfigError for an unknown option, or a name that is not allowed: see {@link TableOptions}.
 * @example
 * await writeFile('migrations/001_sessions.sql', migrationSql({ schema: 'app' }))
 */
export function migrationSql(options?: TableOptions): string {
  const { schema, sessions, limits, revocations, index } = tablesOf('migrationSql', options)
  const createSchema = `IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF;`
  // CREATE INDEX IF NOT EXISTS locks the table before it looks: it would wait for writers and hold up those that follow.
  // The index is searched for at its table, because another schema of the search_path may have an index of this name.
  const createIndex = (suffix: string, table: string, rest: string) => `IF NOT EXISTS (
    SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = '${table}'::regclass AND relname = (parse_ident('${index(suffix)}'))[1]
  ) THEN CREATE INDEX IF NOT EXISTS ${index(suffix)} ON ${table} ${rest}; END IF;`
  // For a table of an earlier version. ALTER TABLE locks the table before it looks, too.
  const addColumn = (table: string, name: string, type: string) => `IF NOT EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attname = '${name}' AND NOT attisdropped
  ) THEN ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS ${name} ${type}; END IF;`
  return `DO $sojourn$ BEGIN
  PERFORM pg_advisory_xact_lock(${lockKey});
  ${schema ? createSchema : '-- in the first schema of the search_path'}
  CREATE TABLE IF NOT EXISTS ${sessions} (
    id text COLLATE "C" PRIMARY KEY,
    version text NOT NULL,
    payload bytea, -- NULL in a tombstone: no row may be created under its id
    subject_keys text[] COLLATE "C" NOT NULL CHECK (array_position(subject_keys, NULL) IS NULL),
    touched_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    absolute_expires_at bigint NOT NULL
  ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
  ${createIndex('absolute_expires_at', sessions, '(absolute_expires_at)')}
  ${createIndex('subject', sessions, '((subject_keys[1]), id) WHERE cardinality(subject_keys) = 1')}
  ${createIndex('subjects', sessions, severalSubjects)}
  CREATE TABLE IF NOT EXISTS ${limits} (
    subject_key text COLLATE "C" PRIMARY KEY,
    holders text[] COLLATE "C" NOT NULL
  );
  CREATE TABLE IF NOT EXISTS ${revocations} (
    key text COLLATE "C" PRIMARY KEY,
    not_before bigint NOT NULL,
    except_id text,
    except_since bigint NOT NULL,
    expires_at bigint NOT NULL,
    nonce text
  );
  ${addColumn(revocations, 'nonce', 'text')}
  ${createIndex('revocation_expires_at', revocations, '(expires_at)')}
  ${noteVersion(sessions)}
END $sojourn$`
}

/**
 * Runs {@link migrationSql}: at start-up in every process, or once by hand. Resolves when the tables exist.
 * @throws SessionConfigError for an unknown option or a name that is not allowed; rejects with the database's error if it fails.
 * @example
 * await migrate(pool, { schema: 'app' })
 */
export async function migrate(database: Database, options?: TableOptions): Promise<void> {
  checkDatabase(database)
  await database.query(migrationSql(options))
}
