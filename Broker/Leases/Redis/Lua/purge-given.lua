#!lua flags=allow-oom
-- KEYS  1 what the task has delegated  2 what its owner has given  3 retired  4 delegation changes
-- ARGV  1 its member in the retired  2 id  3 its member in what the owner has given  4 its end's member in the delegation changes
-- Returns 1; 0 when its retention is not over or it is still to be ended.
-- Promise: what is to be ended is not forgotten before it is.
local retired = redis.call('ZSCORE', KEYS[3], ARGV[1])
if not retired or tonumber(retired) > clock() or redis.call('SISMEMBER', KEYS[4], ARGV[4]) == 1 then
  return 0
end
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[3])
return 1
