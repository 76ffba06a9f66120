#!lua flags=no-writes
-- KEYS  for each target: its due, its stuck
-- ARGV  -
-- Returns for each target {live, due now, the oldest one's instant or 0, stuck}.
-- Promise: costs what the number of targets costs; leases are counted by the server, never read.
local now = clock()
local backlog = {}
for i = 1, #KEYS, 2 do
  local first = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
  local oldest = tonumber(first[2] or 0)
  backlog[#backlog + 1] = {
    redis.call('ZCARD', KEYS[i]),
    redis.call('ZCOUNT', KEYS[i], '-inf', now),
    oldest <= now and oldest or 0,
    redis.call('SCARD', KEYS[i + 1]) }
end
return backlog
