#!lua flags=no-writes
-- KEYS  for each target: its due, its stuck, its retries, its owed
-- ARGV  -
-- Returns for each target {live, due now, the oldest one's instant or 0, stuck, waiting for another try, the oldest owed end or 0}.
-- Promise: costs what the number of targets costs; leases are counted by the server, never read.
local now = clock()
local backlog = {}
for i = 1, #KEYS, 4 do
  local first = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
  local oldest = tonumber(first[2] or 0)
  local owed = redis.call('ZRANGE', KEYS[i + 3], 0, 0, 'WITHSCORES')
  backlog[#backlog + 1] = {
    redis.call('ZCARD', KEYS[i]),
    redis.call('ZCOUNT', KEYS[i], '-inf', now),
    oldest <= now and oldest or 0,
    redis.call('SCARD', KEYS[i + 1]),
    redis.call('ZCOUNT', KEYS[i + 2], '(' .. now, '+inf'),
    tonumber(owed[2] or 0) }
end
return backlog
