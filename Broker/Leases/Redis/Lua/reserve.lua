#!lua
-- KEYS  1 lease  2 task  3 live  4 the owner's live  5 the task's live  6 the owner's history  7 the task's history  8 due  9 targets
--       10 kills  11 rate  12 the task's requests  13 the earlier lease  14 its target's due (13 and 14 only with ARGV 12)
-- ARGV  1 id  2 about  3 target  4 time to live  5 longest time to live  6 issue timeout  7 settle margin (all in ms)
--       8 live per workload  9 live per task  10 issues per minute  11 request id
--       12 the lease that KEYS 13 names; empty for none  13 what it is allowed on; empty when not kept
--       14 its latest end; empty for none  15… selectors that would cover it
-- Returns {reserved 0, lease, replaced lease or false} | {task not found 1} | {task ended 2} | {workload quota 3} | {task quota 4}
--       | {rate limit 5} | {killed 6, order} | {ask again with KEYS 13 for this lease 7, id} | {too late 8}.
-- Promise: the lease is written down before anything is created, and only if task, orders and quotas allow it in this same step.
--       A refusal changes nothing. Repeating it with the same id changes nothing.
local now = clock()
local id, request = ARGV[1], ARGV[11]
local again = read(KEYS[1])
if again then
  return { 0, reply(again), false }
end

local task = redis.call('HMGET', KEYS[2], 'outcome', 'expires', 'lifeline')
if not task[1] then
  return { 1 }
end
if task[1] ~= '0' or over(task[2], task[3]) <= now then
  return { 2 }
end
local order = covered(KEYS[10], 15, now)
if order then
  return { 6, order }
end

local latest = tonumber(ARGV[14])
if latest and latest <= now then
  return { 8 }
end

local earlier
if request ~= '' then
  local known = redis.call('HGET', KEYS[12], request)
  if known and known ~= ARGV[12] then
    return { 7, known }
  end
  earlier = known and read(KEYS[13])
end
local exempt = earlier and earlier.state ~= REVOKED and 1 or 0

local function reached(set, limit)
  limit = tonumber(limit)
  return limit > 0 and redis.call('SCARD', set) - exempt >= limit
end
if reached(KEYS[4], ARGV[8]) then
  return { 3 }
end
if reached(KEYS[5], ARGV[9]) then
  return { 4 }
end

local per_minute = tonumber(ARGV[10])
if per_minute > 0 then
  local full = 60000 * per_minute
  local bucket = redis.call('HMGET', KEYS[11], 'level', 'time')
  local level = full
  if bucket[1] then
    local passed = math.max(0, now - tonumber(bucket[2]))
    level = math.min(full, tonumber(bucket[1]) + passed * per_minute)
  end
  if level < 60000 then
    return { 5 }
  end
  redis.call('HSET', KEYS[11], 'level', level - 60000, 'time', now)
  -- By then it is full again, which is what a missing one counts as.
  redis.call('PEXPIRE', KEYS[11], 60000)
end

local replaced = false
if earlier then
  local closed, at_due = close(earlier, REPLACED, now)
  if closed then
    save(KEYS[13], earlier)
    redis.call('ZADD', KEYS[14], at_due, ARGV[12])
    replaced = reply(earlier)
  end
end

local expires, longest = now + tonumber(ARGV[4]), now + tonumber(ARGV[5])
if latest then
  expires, longest = math.min(expires, latest), math.min(longest, latest)
end
local deadline = math.min(now + tonumber(ARGV[6]), expires)
local lease = {
  about = ARGV[2], handle = '', proof = '', state = PENDING, cause = 0, created = now, deadline = deadline,
  settle = deadline + tonumber(ARGV[7]), expires = expires, max = math.max(expires, longest), ended = 0, gone = 0,
  attempts = 0, fence = 0, claimed = 0, taken = 0, reopened = 0 }
if ARGV[13] == '' then
  redis.call('HSET', KEYS[1], 'about', lease.about)
else
  redis.call('HSET', KEYS[1], 'about', lease.about, 'basis', ARGV[13])
end
save(KEYS[1], lease)
redis.call('ZADD', KEYS[3], 0, id)
redis.call('SADD', KEYS[4], id)
redis.call('SADD', KEYS[5], id)
local moment = string.format('%014d-%s', now, id)
redis.call('ZADD', KEYS[6], 0, moment)
redis.call('ZADD', KEYS[7], 0, moment)
redis.call('ZADD', KEYS[8], lease.settle, id)
redis.call('SADD', KEYS[9], ARGV[3])
if request ~= '' then
  redis.call('HSET', KEYS[12], request, id)
end
redis.call('HINCRBY', KEYS[2], 'revision', 1)
return { 0, reply(lease), replaced }
