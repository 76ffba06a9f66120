#!lua
-- KEYS  1 task  2 what the task has delegated  3 what its owner has given  4 retired
-- ARGV  1 id  2 how many one task may have given; 3 its member in what the owner has given  4 its member in the retired
--       5 when it may be forgotten
-- Returns given 0 | task not found 1 | task ended 2 | too many 3.
-- Promise: written down at the giver's before it stands anywhere, so that whatever ends the task finds it. Repeated it changes nothing.
local task = redis.call('HMGET', KEYS[1], 'outcome', 'expires', 'lifeline')
if not task[1] then
  return 1
end
if task[1] ~= '0' or over(task[2], task[3]) <= clock() then
  return 2
end
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return 0
end
if redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[2]) then
  return 3
end
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], 0, ARGV[3])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[4])
return 0
