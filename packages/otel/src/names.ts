/** The names of metrics, with what they measure. The README has the same table. */
export const METRICS = {
  openDuration: ['sojourn.open.duration', 's', 'How long it took to open the session of a request'],
  commitDuration: ['sojourn.commit.duration', 's', 'How long a commit held the headers of a response'],
  operationDuration: ['sojourn.operation.duration', 's', 'How long an awaited method took'],
  storeDuration: ['sojourn.store.duration', 's', 'How long a store call took'],
  cookieSize: ['sojourn.cookie.size', 'By', 'The size of a session cookie that a response set'],
  retries: ['sojourn.retries', '{retry}', 'Writes that were attempted again'],
  logins: ['sojourn.logins', '{login}', 'Logins'],
  logouts: ['sojourn.logouts', '{logout}', 'Subjects that left a session'],
  revocations: ['sojourn.revocations', '{revocation}', 'Sessions that were ended without their cookie'],
  events: ['sojourn.events', '{event}', 'Events of sessions'],
} as const satisfies Record<string, readonly [name: string, unit: string, description: string]>

/** The names of attributes. `session.*` of OpenTelemetry's conventions is for browsers, so the namespace is ours. */
export const ATTRIBUTES = {
  audience: 'sojourn.audience',
  store: 'sojourn.store.kind',
  outcome: 'sojourn.outcome',
  action: 'sojourn.commit.action',
  operation: 'sojourn.operation.name',
  storeOperation: 'sojourn.store.operation',
  eventType: 'sojourn.event.type',
  eventReason: 'sojourn.event.reason',
  errorType: 'error.type',
  // Of spans alone: one value for each session, or a number.
  id: 'sojourn.session.id',
  retries: 'sojourn.retries',
  keys: 'sojourn.commit.keys',
  cookieBytes: 'sojourn.cookie.size',
} as const
