import { script } from './script'

// Offsets into a row are those of row.ts. What Lua hands to a command is a string wherever it can be: Redis takes 0.2 µs
// to print a number for a command, and Lua itself would print a large one as 1.7e+12.

/**
 * KEYS: row. ARGV: packed row, seen version and a space, expiresAt. 1 where it was replaced. Only where a touch has come
 * in between, the row is put together anew.
 */
export const UPDATE = script(`
local row, version, expiry = ARGV[1], ARGV[2], ARGV[3]
local old = redis.call('GETRANGE', KEYS[1], '0', 67 + #version)
if old:sub(69) ~= version then return 0 end
local touched, expires = tonumber(old:sub(1, 17)), tonumber(old:sub(18, 34))
if not (touched and expires) then return 0 end
if touched > tonumber(row:sub(1, 17)) or expires > tonumber(expiry) then
  touched, expires = math.max(touched, tonumber(row:sub(1, 17))), math.max(expires, tonumber(expiry))
  expiry = string.format('%d', expires)
  row = string.format('%17d%17d', touched, expires) .. row:sub(35)
end
redis.call('SET', KEYS[1], row, 'PXAT', expiry)
return 1
`)

/**
 * KEYS: row. ARGV: packed touchedAt and expiresAt, expiresAt. 1 where there is a row. Writes in place, whatever the
 * payload: 34 bytes, or 17 where expiresAt stays.
 */
export const TOUCH = script(`
local old = redis.call('GETRANGE', KEYS[1], '0', '33')
local touched, expires = tonumber(old:sub(1, 17)), tonumber(old:sub(18))
if not (touched and expires) then return 0 end
local now = ARGV[1]:sub(1, 17)
if touched >= tonumber(now) then return 1 end
if expires >= tonumber(ARGV[2]) then
  redis.call('SETRANGE', KEYS[1], '0', now)
else
  redis.call('SETRANGE', KEYS[1], '0', ARGV[1])
  redis.call('PEXPIREAT', KEYS[1], ARGV[2])
end
return 1
`)

/** KEYS: row. ARGV: what its words must hold. Removes it; its words, nil where it stays or is none. */
export const DROP = script(`
local size = tonumber(redis.call('GETRANGE', KEYS[1], '51', '67'))
local words = size and redis.call('GETRANGE', KEYS[1], '68', 67 + size) or ' '
if not words:find(ARGV[1], 1, true) then return false end
return redis.call('DEL', KEYS[1]) == 1 and words
`)

/**
 * KEYS: index, order. ARGV: id, how long both are needed (epoch ms), seconds until an entry is settled.
 * Enters the id, or its entry anew, and gives up to two settled entries to look after.
 */
export const ENTER = script(`
local now = redis.call('TIME')[1]
redis.call('ZREMRANGEBYLEX', KEYS[1], '[' .. ARGV[1] .. ' ', '(' .. ARGV[1] .. '!')
redis.call('ZADD', KEYS[1], 0, ARGV[1] .. ' ' .. now)
for _, key in ipairs(KEYS) do
  if redis.call('PEXPIRETIME', key) < tonumber(ARGV[2]) then redis.call('PEXPIREAT', key, ARGV[2]) end
end
local settled = {}
for _, entry in ipairs(redis.call('ZRANDMEMBER', KEYS[1], 2)) do
  if entry:match('%d+$') + ARGV[3] < tonumber(now) then settled[#settled + 1] = entry end
end
return settled
`)

/** KEYS: index. ARGV: seconds until an entry is settled, entries. Removes those that are settled and unchanged. */
export const CLEAN = script(`
local now = tonumber(redis.call('TIME')[1])
for i = 2, #ARGV do
  if ARGV[i]:match('%d+$') + ARGV[1] < now then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
`)

/**
 * KEYS: order, index. ARGV: id, max, 1 to evict, seconds to wait for an index. 1 for admitted or 0, then the evicted ids.
 * The order is kept as long as the index is: see ENTER.
 */
export const ENROL = script(`
local newest = redis.call('ZRANGE', KEYS[1], '-1', '-1', 'WITHSCORES')
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) and ARGV[3] ~= '1' then return { 0 } end
  redis.call('ZADD', KEYS[1], (newest[2] or 0) + 1, ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[4])
  redis.call('PEXPIREAT', KEYS[1], string.format('%d', redis.call('PEXPIRETIME', KEYS[2])), 'GT')
elseif newest[1] ~= ARGV[1] then
  return { 1 }
end
local excess = ARGV[3] == '1' and redis.call('ZCARD', KEYS[1]) - ARGV[2] or 0
if excess <= 0 then return { 1 } end
local reply = redis.call('ZRANGE', KEYS[1], 0, excess - 1)
table.insert(reply, 1, 1)
return reply
`)

/** KEYS: mark. ARGV: notBefore, expiresAt, a space and the excepted id or nothing. */
export const REVOKE = script(`
local before, since, except = (redis.call('GET', KEYS[1]) or '0 0'):match('^(%S+) (%S+)(.*)$')
if ARGV[3] == '' or except ~= ARGV[3] then since = before end
local latest = math.max(tonumber(before), tonumber(ARGV[1]))
local expires = math.max(1, tonumber(ARGV[2]), redis.call('PEXPIRETIME', KEYS[1]))
redis.call('SET', KEYS[1], string.format('%d %d', latest, since) .. ARGV[3], 'PXAT', string.format('%d', expires))
`)
