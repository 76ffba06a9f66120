#!lua flags=allow-oom
-- KEYS  1 task  2 open tasks  3 the task's live leases  4 retired  5 what the task has delegated  6 delegation changes
--       7 the tasks of the delegation that it was started under; any other key of the shard for none
--       then for each lease: lease, its target's due
-- ARGV  1 the task's member in the open tasks  2 its member in the retired  3 outcome  4 the leases' cause  5 retention in ms
--       6 1: only if the task's time is over  then for each lease: its id
-- Returns {ended 0 | ended before 1 | not found 2 | a lease is missing from KEYS 3 | not over 4, the task's fields, the ids of what it
--       has delegated, leases…}.
-- Promise: a task ends together with all its leases or not at all, and what it has delegated is then to be ended. Nothing is reserved
--       for it and nothing delegated from it any more.
local now = clock()
local task = redis.call('HMGET', KEYS[1], 'outcome', 'expires', 'lifeline', 'delegation')
if not task[1] then
  return { 2 }
end
local given = {}
for i = 7, #ARGV do
  given[ARGV[i]] = true
end
for _, id in ipairs(redis.call('SMEMBERS', KEYS[3])) do
  if not given[id] then
    return { 3 }
  end
end

local ended = task[1] ~= '0'
local outcome = tonumber(ARGV[3])
local limit = over(task[2], task[3])
if ARGV[6] == '1' and (ended or limit > now) then
  return { 4 }
end
local at = outcome == LOST and math.min(limit, now) or now
local delegated = redis.call('SMEMBERS', KEYS[5])
if not ended then
  redis.call('HSET', KEYS[1], 'outcome', outcome, 'ended', at)
  redis.call('HINCRBY', KEYS[1], 'revision', 1)
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZADD', KEYS[4], now + tonumber(ARGV[5]), ARGV[2])
  if task[4] and task[4] ~= '' then
    redis.call('SREM', KEYS[7], ARGV[1])
  end
  for _, id in ipairs(delegated) do
    redis.call('SADD', KEYS[6], id .. ' ' .. ARGV[1])
  end
end

local result = { ended and 1 or 0, redis.call('HGETALL', KEYS[1]), delegated }
for i = 7, #ARGV do
  local key, due = KEYS[2 * i - 6], KEYS[2 * i - 5]
  local lease = read(key)
  if lease and lease.state ~= REVOKED then
    local closed, at_due = false, nil
    if not ended then
      closed, at_due = close(lease, tonumber(ARGV[4]), at)
    end
    if closed then
      save(key, lease)
      redis.call('ZADD', due, at_due, ARGV[i])
    end
    result[#result + 1] = reply(lease)
  end
end
return result
