#!lua flags=allow-oom
-- KEYS  1 lease  2 task  3 due  4 stuck  5 targets  6 live  7 the owner's live  8 the task's live  9 the task's requests  10 retired
-- ARGV  1 id  2 target  3 its member in the retired  4 request id  5 fence  6 retention in ms
-- Returns 1; 0 when the claim is lost or nothing was marked.
-- Promise: a lease leaves the live ones only after its proof, and in one step; repeated with the same fence it says 1 again.
local now = clock()
local lease = read(KEYS[1])
if not lease then
  return 0
end
if lease.state == REVOKED and lease.fence == tonumber(ARGV[5]) then
  return 1
end
if not holds(lease, ARGV[5]) or lease.gone == 0 then
  return 0
end
lease.state, lease.claimed = REVOKED, 0
save(KEYS[1], lease)
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
if redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('SREM', KEYS[5], ARGV[2])
end
redis.call('ZREM', KEYS[6], ARGV[1])
redis.call('SREM', KEYS[7], ARGV[1])
redis.call('SREM', KEYS[8], ARGV[1])
if ARGV[4] ~= '' and redis.call('HGET', KEYS[9], ARGV[4]) == ARGV[1] then
  redis.call('HDEL', KEYS[9], ARGV[4])
end
redis.call('ZADD', KEYS[10], now + tonumber(ARGV[6]), ARGV[3])
touch(KEYS[2])
return 1
