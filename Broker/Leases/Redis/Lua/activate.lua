#!lua flags=allow-oom
-- KEYS  1 lease  2 task  3 due  4 targets  5 live  6 the owner's live  7 the task's live  8 retired  9 kills
-- ARGV  1 id  2 target  3 its member in the retired  4 handle  5… selectors that would cover it
-- Returns {activated 0 | refused 1, lease} | {not found 2}.
-- Promise: nothing that ended or is covered by an order becomes active; what the issuer created after all is due now, also if the
--       lease was already taken for revoked.
local now = clock()
local lease = read(KEYS[1])
if not lease then
  return { 2 }
end
local order = covered(KEYS[9], 5, now)
if lease.state == ACTIVE and now < lease.expires and not order then
  return { 0, reply(lease) }
end

lease.handle, lease.settle = ARGV[4], now
if lease.state == PENDING and now < lease.deadline and not order then
  lease.state = ACTIVE
  redis.call('ZADD', KEYS[3], lease.expires, ARGV[1])
  save(KEYS[1], lease)
  touch(KEYS[2])
  return { 0, reply(lease) }
end

if lease.state == REVOKED then
  reopen(lease, KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], ARGV[1], ARGV[2], ARGV[3])
else
  close(lease, KILLED, now)
end
void(lease)
redis.call('ZADD', KEYS[3], now, ARGV[1])
save(KEYS[1], lease)
touch(KEYS[2])
return { 1, reply(lease) }
