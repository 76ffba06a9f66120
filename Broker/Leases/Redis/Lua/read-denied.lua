#!lua flags=no-writes
-- KEYS  1 denied  2 version
-- ARGV  1 a lease's id; empty for all
-- Returns {now, version, id, 'since until', id, 'since until', …}, also those that timed out.
-- Promise: version and entries belong together.
local list = { clock(), tonumber(redis.call('GET', KEYS[2]) or 0) }
local entries
if ARGV[1] == '' then
  entries = redis.call('HGETALL', KEYS[1])
else
  local entry = redis.call('HGET', KEYS[1], ARGV[1])
  entries = entry and { ARGV[1], entry } or {}
end
for i = 1, #entries do
  list[i + 2] = entries[i]
end
return list
