#!lua flags=allow-oom
-- KEYS  1 lease  2 task  3 due  4 targets  5 live  6 the owner's live  7 the task's live  8 retired
-- ARGV  1 id  2 target  3 its member in the retired  4 cause  5 1: the issue call came back or was never made
-- Returns the lease; false when it is unknown.
-- Promise: whatever the lease was before, it is due now, and is looked at again even if it was already taken for revoked.
local now = clock()
local lease = read(KEYS[1])
if not lease then
  return false
end
if ARGV[5] == '1' then
  lease.settle = now
end
if lease.state == REVOKED then
  reopen(lease, KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], ARGV[1], ARGV[2], ARGV[3])
else
  close(lease, tonumber(ARGV[4]), now)
end
void(lease)
redis.call('ZADD', KEYS[3], now, ARGV[1])
save(KEYS[1], lease)
touch(KEYS[2])
return reply(lease)
