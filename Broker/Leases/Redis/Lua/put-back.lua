#!lua flags=allow-oom
-- KEYS  1 lease  2 task  3 due  4 stuck  5 retries  6 owed
-- ARGV  1 id  2 fence  3 delay in ms  4 1: counts as stuck until it is gone
-- Returns 1; 0 when the claim is lost.
-- Promise: what is put back is due again, for ever.
local now = clock()
local lease = read(KEYS[1])
if not lease or not holds(lease, ARGV[2]) then
  return 0
end
lease.claimed = 0
save(KEYS[1], lease)
redis.call('ZADD', KEYS[3], now + tonumber(ARGV[3]), ARGV[1])
-- What only waits until its absence proves something, or for the audit log, is not owed by the target.
if lease.gone == 0 and lease.settle <= now then
  redis.call('ZADD', KEYS[5], now + tonumber(ARGV[3]), ARGV[1])
  redis.call('ZADD', KEYS[6], lease.ended, ARGV[1])
end
if ARGV[4] == '1' and lease.gone == 0 then
  redis.call('SADD', KEYS[4], ARGV[1])
end
touch(KEYS[2])
return 1
