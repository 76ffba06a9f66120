#!lua flags=allow-oom
-- KEYS  1 delegation
-- ARGV  1 how long to remember one that never came, in ms
-- Returns ended by this call 1 | ended before 0.
-- Promise: no task is started under it from here on; one that is still on its way here comes ended.
local known = redis.call('HMGET', KEYS[1], 'about', 'ended')
if known[2] and known[2] ~= '0' then
  return 0
end
redis.call('HSET', KEYS[1], 'ended', clock())
if not known[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 1
