#!lua flags=allow-oom
-- KEYS  1 reviews
-- ARGV  1 id
-- Returns 1; 0 when none of that id is open.
-- Promise: one closes it.
return redis.call('HDEL', KEYS[1], ARGV[1])
