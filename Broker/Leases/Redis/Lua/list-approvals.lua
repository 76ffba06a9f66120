#!lua flags=no-writes
-- KEYS  1 pending
-- ARGV  1 how many at most
-- Returns {the ids of those whose time is not over, that end first before the others; how many there are}.
-- Promise: none; whoever acts on one looks at it again.
local now = clock()
return {
  redis.call('ZRANGE', KEYS[1], '(' .. now, '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[1]),
  redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf') }
