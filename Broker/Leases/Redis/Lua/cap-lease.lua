#!lua flags=allow-oom
-- KEYS  1 lease  2 task  3 due
-- ARGV  1 id  2 its latest end
-- Returns the lease; false when it is unknown.
-- Promise: it ends no later, however often it is renewed. What has ended is left as it is.
local lease = read(KEYS[1])
if not lease then
  return false
end
local limit = tonumber(ARGV[2])
if lease.state <= ACTIVE and lease.max > limit then
  lease.max, lease.expires = limit, math.min(lease.expires, limit)
  lease.deadline = math.min(lease.deadline, lease.expires)
  save(KEYS[1], lease)
  if lease.state == ACTIVE then
    redis.call('ZADD', KEYS[3], lease.expires, ARGV[1])
  end
  touch(KEYS[2])
end
return reply(lease)
