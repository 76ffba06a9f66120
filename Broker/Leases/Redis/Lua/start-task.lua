#!lua
-- KEYS  1 task  2 open tasks  3 the delegation  4 its tasks (3 and 4 only with ARGV 7)
-- ARGV  1 the task's member in the open tasks  2 purpose  3 initiator  4 labels  5 lifetime in ms
--       6 the verified initiator as JSON, empty for one that is merely stated  7 the delegation it is started under; empty for none
--       8 scope; empty for none
-- Returns {started 0 | repeated 1 | conflict 2, the task's fields} | {the delegation is over 3}.
-- Promise: an id stands for one content, and its initiator stays verified, or stated; a task whose time is over cannot be taken up again
--       by starting it. None is started under a delegation that has ended, and none outlives the delegation's own end.
local now = clock()
local known = redis.call('HMGET', KEYS[1],
  'purpose', 'initiator', 'labels', 'outcome', 'expires', 'lifeline', 'verified', 'delegation', 'scope')
local status = 0
if known[1] then
  local same = known[1] == ARGV[2] and known[2] == ARGV[3] and known[3] == ARGV[4]
    and (known[7] and known[7] ~= '') == (ARGV[6] ~= '') and (known[8] or '') == ARGV[7] and (known[9] or '') == ARGV[8]
  local open = known[4] == '0' and over(known[5], known[6]) > now
  status = same and open and 1 or 2
else
  local expires = now + tonumber(ARGV[5])
  if ARGV[7] ~= '' then
    local limit = holds_until(KEYS[3], now)
    if not limit then
      return { 3 }
    end
    expires = math.min(expires, limit)
    redis.call('SADD', KEYS[4], ARGV[1])
  end
  redis.call('HSET', KEYS[1], 'purpose', ARGV[2], 'initiator', ARGV[3], 'labels', ARGV[4], 'outcome', 0, 'created', now,
    'expires', expires, 'lifeline', 0, 'ended', 0, 'revision', 1, 'verified', ARGV[6], 'delegation', ARGV[7], 'scope', ARGV[8])
  redis.call('ZADD', KEYS[2], expires, ARGV[1])
end
return { status, redis.call('HGETALL', KEYS[1]) }
