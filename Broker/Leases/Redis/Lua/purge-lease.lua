#!lua flags=allow-oom
-- KEYS  1 lease  2 retired  3 the owner's history  4 the task's history  5 task
-- ARGV  1 id  2 its member in the retired  3 the task's member in the retired
-- Returns 1; 0 when it is not there or its retention is not over.
-- Promise: only what is revoked and kept long enough is forgotten. A task that waited for its last lease may go from now on.
local now = clock()
local retired = redis.call('ZSCORE', KEYS[2], ARGV[2])
local created = redis.call('HGET', KEYS[1], 'created')
if not retired or tonumber(retired) > now or not created then
  return 0
end
local moment = string.format('%014d-%s', created, ARGV[1])
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], moment)
redis.call('ZREM', KEYS[4], moment)
local outcome = redis.call('HGET', KEYS[5], 'outcome')
if outcome and outcome ~= '0' and redis.call('EXISTS', KEYS[4]) == 0 then
  redis.call('ZADD', KEYS[2], 'NX', now, ARGV[3])
end
return 1
