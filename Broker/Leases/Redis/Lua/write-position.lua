#!lua
-- KEYS  1 log positions
-- ARGV  1 run id that was read  2 broker  3 new position  4… name, position of each that was read
-- Returns {1}; {0} when this is another server, or one that was set back: nothing is written.
-- Promise: a position never stands on what was lost before it.
if run_id() ~= ARGV[1] then
  return { 0 }
end
for i = 4, #ARGV, 2 do
  if tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or 0) < tonumber(ARGV[i + 1]) then
    return { 0 }
  end
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return { 1 }
