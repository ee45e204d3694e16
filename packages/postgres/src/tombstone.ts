/** The present of the server, in epoch ms. */
export const serverNow = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint'

/**
 * Turns a row into a tombstone, which no create can replace: a request that arrives twice, the second time after a logout, brings
 * nothing back. It stays for as long as the row could have lived, at most an hour.
 */
export const bury = `version = '', payload = NULL, subject_keys = '{}', touched_at = 0,
  expires_at = least(expires_at, ${serverNow} + 3600000),
  absolute_expires_at = least(expires_at, ${serverNow} + 3600000)`
