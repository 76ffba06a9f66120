#!lua
-- KEYS  1 log positions
-- ARGV  1 run id that was read  2 broker  3 position that was read, 0 for none  4 new position
-- Returns {1}; {0} when this is another server, or one that was set back: nothing is written.
-- Promise: a position never stands on what was lost before it.
local known = tonumber(redis.call('HGET', KEYS[1], ARGV[2]) or 0)
if run_id() ~= ARGV[1] or known < tonumber(ARGV[3]) then
  return { 0 }
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
return { 1 }
