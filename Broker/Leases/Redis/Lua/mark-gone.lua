#!lua flags=allow-oom
-- KEYS  1 lease  2 task  3 due  4 stuck  5 owed
-- ARGV  1 id  2 fence  3 proof
-- Returns {marked 0 | not settled 1 | claim lost 2, lease}; false when it is unknown.
-- Promise: absence that was seen while the issue call could still be under way is not taken for the end.
local now = clock()
local lease = read(KEYS[1])
if not lease then
  return false
end
if not holds(lease, ARGV[2]) then
  return { 2, reply(lease) }
end
local status = 0
if now < lease.settle then
  status, lease.claimed = 1, 0
  redis.call('ZADD', KEYS[3], lease.settle, ARGV[1])
elseif lease.gone == 0 then
  lease.gone, lease.proof = now, ARGV[3]
  redis.call('SREM', KEYS[4], ARGV[1])
  redis.call('ZREM', KEYS[5], ARGV[1])
else
  return { 0, reply(lease) }
end
save(KEYS[1], lease)
touch(KEYS[2])
return { status, reply(lease) }
