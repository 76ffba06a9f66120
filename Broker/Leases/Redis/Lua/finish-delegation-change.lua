#!lua flags=allow-oom
-- KEYS  1 delegation changes  2 what the task has delegated
-- ARGV  1 its member in the delegation changes  2 the delegation, if it was ended; empty if it goes on
-- Returns 1.
-- Promise: none; whoever calls it has made all follow that is beneath.
redis.call('SREM', KEYS[1], ARGV[1])
if ARGV[2] ~= '' then
  redis.call('SREM', KEYS[2], ARGV[2])
end
return 1
