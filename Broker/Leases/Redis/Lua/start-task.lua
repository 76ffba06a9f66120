#!lua
-- KEYS  1 task  2 open tasks
-- ARGV  1 the task's member in the open tasks  2 purpose  3 initiator  4 labels  5 lifetime in ms
--       6 the verified initiator as JSON, empty for one that is merely stated
-- Returns {started 0 | repeated 1 | conflict 2, the task's fields}.
-- Promise: an id stands for one content, and its initiator stays verified, or stated; a task whose time is over cannot be taken up again
--       by starting it.
local now = clock()
local known = redis.call('HMGET', KEYS[1], 'purpose', 'initiator', 'labels', 'outcome', 'expires', 'lifeline', 'verified')
local status = 0
if known[1] then
  local same = known[1] == ARGV[2] and known[2] == ARGV[3] and known[3] == ARGV[4]
    and (known[7] and known[7] ~= '') == (ARGV[6] ~= '')
  local open = known[4] == '0' and over(known[5], known[6]) > now
  status = same and open and 1 or 2
else
  local expires = now + tonumber(ARGV[5])
  redis.call('HSET', KEYS[1], 'purpose', ARGV[2], 'initiator', ARGV[3], 'labels', ARGV[4], 'outcome', 0, 'created', now,
    'expires', expires, 'lifeline', 0, 'ended', 0, 'revision', 1, 'verified', ARGV[6])
  redis.call('ZADD', KEYS[2], expires, ARGV[1])
end
return { status, redis.call('HGETALL', KEYS[1]) }
