#!lua flags=allow-oom
-- KEYS  1 delegation  2 its tasks  3 what its delegate was given  4 retired
-- ARGV  1 its member in the retired  2 its member in what the delegate was given
-- Returns 1; 0 when its retention is not over.
-- Promise: only what ended by its time long ago is forgotten; nothing beneath it has outlived it.
local retired = redis.call('ZSCORE', KEYS[4], ARGV[1])
if not retired or tonumber(retired) > clock() then
  return 0
end
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('DEL', KEYS[1])
return 1
