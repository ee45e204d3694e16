/**
 * The version of the tables that this release makes. Version 2 has the column `nonce` of revocations. Each version adds to the one
 * before, so that two releases run side by side: new columns have a default or may be NULL, and none is renamed or removed.
 */
export const SCHEMA_VERSION = 2

const COMMENT = 'sojourn schema '

/** The version in the comment of the table of sessions; undefined if the comment is none of ours. */
export function versionIn(comment: string | null): number | undefined {
  const [, digits] = /^sojourn schema (\d+)$/.exec(comment ?? '') ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** A statement for PL/pgSQL that notes the version, unless that of a newer release is noted. */
export const noteVersion = (table: string): string => `IF coalesce(
    substring(obj_description('${table}'::regclass, 'pg_class') from '^${COMMENT}(\\d+)$')::int, 0
  ) < ${SCHEMA_VERSION} THEN COMMENT ON TABLE ${table} IS '${COMMENT}${SCHEMA_VERSION}'; END IF;`
