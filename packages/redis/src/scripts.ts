import { script } from './script'

// Each script uses one key, so it runs in a Cluster also while the hash slot of its key moves to another node.
//
// The positions in a row are those of row.ts. Lua passes strings to commands where it can: Redis takes 0.2 µs to format a
// number argument, and Lua formats a large one as 1.7e+12.

/** Reads the two instants at the beginning of a row. Nil if there is no row: a tombstone, or a value of another program. */
const INSTANTS = `
local function instants(row)
  if #row < 14 then return nil end
  local touched, expires = struct.unpack('>i7i7', row)
  if math.abs(touched) < 2^53 and math.abs(expires) < 2^53 then return touched, expires end
end`

/**
 * KEYS: session. ARGV: packed row, packed seen version, expiresAt.
 * Replaces the row if its version is the seen one. 1 if it was replaced, else 0. If a touch came in between, the later
 * instants are kept.
 */
export const UPDATE = script(`${INSTANTS}
local row, version, expiry = ARGV[1], ARGV[2], ARGV[3]
local old = redis.call('GETRANGE', KEYS[1], '0', 20 + #version)
local touched, expires = instants(old)
if not touched or old:sub(22) ~= version then return 0 end
local newTouched, newExpires = instants(row)
if touched > newTouched or expires > newExpires then
  touched, expires = math.max(touched, newTouched), math.max(expires, newExpires)
  expiry = string.format('%d', math.max(1, expires))
  row = struct.pack('>i7i7', touched, expires) .. row:sub(15)
end
redis.call('SET', KEYS[1], row, 'PXAT', expiry)
return 1
`)

/**
 * KEYS: session. ARGV: packed touchedAt and expiresAt, expiresAt.
 * Moves the instants of a row forward. 1 if there is a row, else 0. It rewrites 14 bytes in place, or 7 if expiresAt
 * stays for a payload of any size.
 */
export const TOUCH = script(`${INSTANTS}
local touched, expires = instants(redis.call('GETRANGE', KEYS[1], '0', '13'))
if not touched then return 0 end
local now, ends = instants(ARGV[1])
if touched >= now then return 1 end
if expires >= ends then
  redis.call('SETRANGE', KEYS[1], '0', ARGV[1]:sub(1, 7))
else
  redis.call('SETRANGE', KEYS[1], '0', ARGV[1])
  redis.call('PEXPIREAT', KEYS[1], ARGV[2])
end
return 1
`)

/**
 * KEYS: session. ARGV: a packed subject key that the row must have or nothing, milliseconds to keep the id out or nothing, the
 * most milliseconds to keep it out without being asked.
 * Deletes the row and leaves an empty value, the tombstone, so that a SET NX of the same id fails. Without being asked, it
 * stays as long as the row could have lived; a value of another program leaves none. Returns the words of the
 * row, or nil if nothing was deleted. DEL comes first: a server whose memory is full allows SET only after it in the same
 * script. If SET is refused all the same, the row is still deleted.
 */
export const DELETE = script(`${INSTANTS}
local row = redis.call('GET', KEYS[1]) or ''
local isRow = instants(row)
local found, stop = ARGV[1] == '' and row ~= '', 22
while isRow do
  local mark = row:byte(stop)
  if not mark or mark < 4 then break end
  local from, size = stop, 1 + math.ceil(mark * 3 / 4)
  if mark == 255 then size = 5 + struct.unpack('>I4', row, stop + 1)
  elseif mark > 127 then size = mark - 127 end
  stop = from + size
  if from > 22 and row:sub(from, stop - 1) == ARGV[1] then found = true end
end
local left = redis.call('PTTL', KEYS[1])
local keep = tonumber(ARGV[2])
if not (found or keep) then return false end
if not keep then keep = isRow and math.min(left, ARGV[3]) or 0
elseif not found then keep = math.max(left, keep) end
redis.call('DEL', KEYS[1])
if keep > 0 then redis.pcall('SET', KEYS[1], '', 'PX', string.format('%d', keep)) end
return found and row:sub(22, stop - 1)
`)

/**
 * KEYS: index. ARGV: id, how long the index is needed (epoch ms), safe age in seconds.
 * Adds an entry for the id, in place of an earlier one. Returns up to two entries above the safe age, to be checked.
 */
export const ADD_ENTRY = script(`
local now = redis.call('TIME')[1]
redis.call('ZREMRANGEBYLEX', KEYS[1], '[' .. ARGV[1] .. ' ', '(' .. ARGV[1] .. '!')
redis.call('ZADD', KEYS[1], 0, ARGV[1] .. ' ' .. now)
if redis.call('PEXPIRETIME', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
local old = {}
for _, entry in ipairs(redis.call('ZRANDMEMBER', KEYS[1], 2)) do
  if entry:match('%d+$') + ARGV[3] < tonumber(now) then old[#old + 1] = entry end
end
return old
`)

/**
 * KEYS: index. ARGV: safe age in seconds, entries.
 * Removes those entries that are above the safe age. An entry that was added again has another second, and stays.
 */
export const REMOVE_DEAD = script(`
local now = tonumber(redis.call('TIME')[1])
for i = 2, #ARGV do
  if ARGV[i]:match('%d+$') + ARGV[1] < now then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
`)

/**
 * KEYS: limit. ARGV: id, how long the limit is needed (epoch ms).
 * Adds the id as the newest holder, unless it is one. Returns the ids of the holders before it.
 */
export const ACQUIRE = script(`
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local newest = redis.call('ZRANGE', KEYS[1], '-1', '-1', 'WITHSCORES')
  redis.call('ZADD', KEYS[1], (newest[2] or 0) + 1, ARGV[1])
end
if redis.call('PEXPIRETIME', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
local before = redis.call('ZRANK', KEYS[1], ARGV[1])
return before > 0 and redis.call('ZRANGE', KEYS[1], 0, before - 1) or {}
`)

/**
 * KEYS: revocation. ARGV: notBefore, expiresAt, a space and the excepted id or nothing, a tab and the nonce or nothing.
 * Writes a revocation entry: notBefore, exceptSince, and the excepted id if there is one, separated by spaces; then a tab and
 * the first nonce, if there was one. Returns those two.
 */
export const REVOKE = script(`
local before, since, except, nonce = (redis.call('GET', KEYS[1]) or '0 0'):match('^(%S+) (%S+)([^\t]*)(.*)$')
if nonce == '' then nonce = ARGV[4] end
if ARGV[3] == '' or except ~= ARGV[3] then since = before end
local latest = math.max(tonumber(before), tonumber(ARGV[1]))
local expires = math.max(1, tonumber(ARGV[2]), redis.call('PEXPIRETIME', KEYS[1]))
redis.call('SET', KEYS[1], string.format('%d %d', latest, since) .. ARGV[3] .. nonce, 'PXAT', string.format('%d', expires))
return nonce
`)
