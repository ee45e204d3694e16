import { checkDatabase, type Database } from './database'
import { type TableOptions, tablesOf } from './tables'

const manySubjects = 'USING gin (subject_keys) WITH (fastupdate = off) WHERE cardinality(subject_keys) > 1'

/** Any number, as long as it is the same in every process that migrates. */
const lockKey = 7_375_106_917

/**
 * The tables and indexes as one SQL statement, for the migration tool of your choice; the schema too, where one is
 * given and absent. Run again, it does nothing, and waits for nobody who writes; run by several processes at once, they
 * wait for one another (bare `CREATE … IF NOT EXISTS` would fail in all but one). The role needs the right to create in
 * the schema.
 *
 * No index covers a column that a touch changes, and pages keep a fifth of their room free: so a touch stays within its
 * page and writes to no index (a HOT update). An index on `expires_at` would undo that.
 *
 * Sessions of one subject, nearly all of those that have any, are indexed in the order in which they are listed; GIN,
 * which knows no order, is for sessions of several. Anonymous ones are in neither.
 * @throws TypeError for a name that is no plain identifier.
 */
export function migrationSql(options?: TableOptions): string {
  const { schema, sessions, orders, revocations, index } = tablesOf(options)
  const createSchema = `IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF;`
  // CREATE INDEX IF NOT EXISTS would lock the table before it looks: wait for its writers, and hold up those that follow.
  // Looked for at the table, as another schema of the search_path may have an index of this name.
  const createIndex = (suffix: string, table: string, rest: string) => `IF NOT EXISTS (
    SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = '${table}'::regclass AND relname = (parse_ident('${index(suffix)}'))[1]
  ) THEN CREATE INDEX IF NOT EXISTS ${index(suffix)} ON ${table} ${rest}; END IF;`
  return `DO $sojourn$ BEGIN
  PERFORM pg_advisory_xact_lock(${lockKey});
  ${schema ? createSchema : '-- in the first schema of the search_path'}
  CREATE TABLE IF NOT EXISTS ${sessions} (
    id text COLLATE "C" PRIMARY KEY,
    version text NOT NULL,
    payload text NOT NULL,
    subject_keys text[] COLLATE "C" NOT NULL CHECK (array_position(subject_keys, NULL) IS NULL),
    touched_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    absolute_expires_at bigint NOT NULL
  ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
  ${createIndex('absolute_expires_at', sessions, '(absolute_expires_at)')}
  ${createIndex('subject', sessions, '((subject_keys[1]), id) WHERE cardinality(subject_keys) = 1')}
  ${createIndex('subjects', sessions, manySubjects)}
  CREATE TABLE IF NOT EXISTS ${orders} (
    subject_key text COLLATE "C" PRIMARY KEY,
    ids text[] COLLATE "C" NOT NULL
  );
  CREATE TABLE IF NOT EXISTS ${revocations} (
    key text COLLATE "C" PRIMARY KEY,
    not_before bigint NOT NULL,
    except_id text,
    except_since bigint NOT NULL,
    expires_at bigint NOT NULL
  );
  ${createIndex('revocation_expires_at', revocations, '(expires_at)')}
END $sojourn$`
}

/** Runs {@link migrationSql}: at start-up, in every process, or once by hand. */
export async function migrate(database: Database, options?: TableOptions): Promise<void> {
  checkDatabase(database)
  await database.query(migrationSql(options))
}
