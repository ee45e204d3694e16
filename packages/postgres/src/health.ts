import type { StoreHealth } from '@sojourn/session-core'
import type { BigintColumn, Database } from './database'
import { SCHEMA_VERSION, versionIn } from './schema-version'
import type { Tables } from './tables'
import { serverNow } from './tombstone'

/** Says whether the tables are of this release, and what time it is on the server. */
export function postgresHealth(database: Database, { sessions }: Tables): StoreHealth {
  const ask = `SELECT ${serverNow} AS now, to_regclass($1::text) IS NOT NULL AS found,
    obj_description(to_regclass($1::text), 'pg_class') AS comment`
  return {
    async health() {
      const [row] = (await database.query(ask, [sessions])).rows as [
        { now: BigintColumn; found: boolean; comment: string | null },
      ]
      const version = versionIn(row.comment)
      const facts = version === undefined ? [] : [`schema ${version}, this release has ${SCHEMA_VERSION}`]
      return { now: Number(row.now), facts, problems: problemsOf(sessions, row.found, version) }
    },
  }
}

function problemsOf(table: string, found: boolean, version: number | undefined): string[] {
  if (!found) return [`There is no table ${table}: run migrate(pool), with the same schema and table.`]
  // A newer schema is none: it has all that this release uses.
  if (version !== undefined && version >= SCHEMA_VERSION) return []
  const older = version === undefined ? 'The tables have no schema version' : `The tables have schema ${version}`
  return [`${older}, and this release has ${SCHEMA_VERSION}: run migrate(pool). Older releases go on with the tables.`]
}
