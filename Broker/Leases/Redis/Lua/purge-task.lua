#!lua flags=allow-oom
-- KEYS  1 task  2 retired  3 the task's history  4 the task's requests
-- ARGV  1 its member in the retired
-- Returns 1; 0 when its retention is not over or one of its leases is still kept.
-- Promise: a task is kept as long as one of its leases. Until then it leaves the index, so that it holds up nothing; the last
--       lease that is purged puts it back.
local retired = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not retired or tonumber(retired) > clock() then
  return 0
end
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('EXISTS', KEYS[3]) == 1 then
  return 0
end
redis.call('DEL', KEYS[4])
return redis.call('DEL', KEYS[1])
