#!lua flags=allow-oom
-- KEYS  1 delegation changes
-- ARGV  1 its member in them
-- Returns 1.
-- Promise: until the change is finished, sweeps come back to it.
redis.call('SADD', KEYS[1], ARGV[1])
return 1
