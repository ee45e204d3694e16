/** A record that notes which writes it comes from. */
export interface Versioned {
  /** Store mode: the versions of the last writes before this one, newest last. A write whose reply was lost is found here. */
  versions: string[]
}

/** The most versions of earlier writes that a record keeps. */
const MAX_VERSIONS = 8

/** Notes the version of the row that the next write replaces. */
export function noteVersion(record: Versioned, version: string): void {
  record.versions = [...record.versions, version].slice(-MAX_VERSIONS)
}
