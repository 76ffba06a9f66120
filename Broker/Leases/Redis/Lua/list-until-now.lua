#!lua flags=no-writes
-- KEYS  1 a sorted set whose scores are instants
-- ARGV  1 how many at most
-- Returns the members whose instant has come, the earliest first.
-- Promise: none; whoever acts on a member looks at its instant again in the step that acts.
return redis.call('ZRANGE', KEYS[1], '-inf', clock(), 'BYSCORE', 'LIMIT', 0, ARGV[1])
