-- Put in front of every script by the loader, so that the rules for ending, claiming and reopening stand in one place.
-- A lease is a hash; every field but the basis is always there, instants are Unix milliseconds, 0 where there is none:
--   about     what never changes, as JSON; read by the broker only
--   basis     what it was allowed on, as JSON; no script reads or answers it, so that no step on a lease's way carries it
--   claimed   1 while a claim is neither given back nor finished
--   the rest  as in Lease.cs and LeaseState.cs, EndCause.cs
local PENDING, ACTIVE, REVOKING, REVOKED = 1, 2, 3, 4
local EXPIRED, KILLED, REPLACED, ABANDONED = 5, 6, 9, 11
local LOST = 4

local FIELDS = {
  'about', 'handle', 'proof', 'state', 'cause', 'created', 'deadline', 'settle', 'expires', 'max', 'ended', 'gone',
  'attempts', 'fence', 'claimed', 'taken', 'reopened' }
local TEXTS = 3

-- The one clock. Called once a script: inside a script it moves.
local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Another one after a failover and after a restart.
local function run_id()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and info:match('run_id:(%x+)') or ''
end

local function read(key)
  local values = redis.call('HMGET', key, unpack(FIELDS))
  if not values[1] then
    return nil
  end
  local lease = {}
  for i, field in ipairs(FIELDS) do
    lease[field] = i > TEXTS and tonumber(values[i]) or values[i]
  end
  return lease
end

local function save(key, lease)
  local pairs_ = {}
  for i = 2, #FIELDS do
    pairs_[#pairs_ + 1] = FIELDS[i]
    pairs_[#pairs_ + 1] = lease[FIELDS[i]]
  end
  redis.call('HSET', key, unpack(pairs_))
end

-- As LeaseRecord.cs reads it.
local function reply(lease)
  local values = {}
  for i, field in ipairs(FIELDS) do
    values[i] = lease[field]
  end
  return values
end

-- Every change to a task or to one of its leases; a task that is forgotten must not come back as a hash with nothing but this.
local function touch(task)
  if redis.call('EXISTS', task) == 1 then
    redis.call('HINCRBY', task, 'revision', 1)
  end
end

-- When a task's lifeline or lifetime is over, whichever comes first.
local function over(expires, lifeline)
  expires, lifeline = tonumber(expires), tonumber(lifeline)
  return lifeline > 0 and math.min(expires, lifeline) or expires
end

-- Ends a lease that has not ended; says whether it did. Time is a cause like any other, and the first cause stands. What comes
-- second is when it is due: a pending one only when its issuer can no longer be creating it.
local function close(lease, cause, at)
  if lease.state > ACTIVE then
    return false
  end
  local pending = lease.state == PENDING
  local limit = pending and lease.deadline or lease.expires
  if limit <= at then
    cause, at = pending and ABANDONED or EXPIRED, limit
  end
  lease.state, lease.cause, lease.ended = REVOKING, cause, at
  return true, pending and lease.settle or at
end

-- A claim under way and a proof that was noted may be older than what the issuer created: they count no more.
local function void(lease)
  if lease.claimed == 1 then
    lease.claimed, lease.taken, lease.fence = 0, 1, lease.fence + 1
  end
  if lease.gone > 0 then
    lease.taken, lease.reopened = 0, lease.reopened + 1
  end
  lease.gone, lease.proof = 0, ''
end

-- The id of an order that stands against one of the selectors; nil when there is none. In the list of a selector an order stands by
-- its id, or, where it has an end, as {id, end}.
local function covered(kills, first, now)
  if redis.call('HLEN', kills) == 0 then
    return nil
  end
  for _, orders in ipairs(redis.call('HMGET', kills, unpack(ARGV, first))) do
    for _, order in ipairs(orders and cjson.decode(orders) or {}) do
      if type(order) == 'string' then
        return order
      elseif order[2] > now then
        return order[1]
      end
    end
  end
  return nil
end

-- Takes a revoked lease back among the live ones. Its caller makes its proof void, makes it due and saves it.
local function reopen(lease, targets, live, owner_live, task_live, retired, id, target, retired_member)
  lease.state = REVOKING
  redis.call('SADD', targets, target)
  redis.call('ZADD', live, 0, id)
  redis.call('SADD', owner_live, id)
  redis.call('SADD', task_live, id)
  redis.call('ZREM', retired, retired_member)
end

-- Whether the claim of that fence is neither given back nor taken over. That its time is over does no harm.
local function holds(lease, fence)
  return lease.state == REVOKING and lease.claimed == 1 and lease.fence == tonumber(fence)
end

-- What is left of a workload's signals: each halves with each half-life. In the order of SIGNALS.
local SIGNALS = { 'issues', 'denials', 'violations', 'failures' }
local function levels(key, now, half_life)
  local values = redis.call('HMGET', key, 'time', unpack(SIGNALS))
  local left = values[1] and 0.5 ^ (math.max(0, now - tonumber(values[1])) / half_life) or 0
  local level = {}
  for i = 1, #SIGNALS do
    level[i] = left * tonumber(values[1 + i] or 0)
  end
  return level
end

-- The same of the resources that it asked for, each from when it was last asked for.
local function resources(key, now, half_life)
  local marks = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  local sum = 0
  for i = 2, #marks, 2 do
    sum = sum + 0.5 ^ (math.max(0, now - tonumber(marks[i])) / half_life)
  end
  return sum
end

-- As texts: what a script returns as a number is cut off to a whole one.
local function told(level, resources_)
  local texts = {}
  for i, value in ipairs({ level[1], level[2], resources_, level[3], level[4] }) do
    texts[i] = string.format('%.17g', value)
  end
  return texts
end

-- A delegation is a hash: about and terms as JSON, the rest numbers as in Delegation.cs; last names the use that was counted last.
-- One that was ended before it came holds nothing but that.
local function read_delegation(key)
  return redis.call('HMGET', key, 'about', 'terms', 'created', 'expires', 'max', 'used', 'ended', 'version')
end

-- Until when it allows anything; nil when it does not any more.
local function holds_until(delegation, now)
  local known = redis.call('HMGET', delegation, 'expires', 'ended')
  local expires = tonumber(known[1] or 0)
  return known[2] == '0' and expires > now and expires or nil
end
