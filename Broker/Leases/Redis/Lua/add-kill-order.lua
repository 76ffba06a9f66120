#!lua flags=allow-oom
-- KEYS  1 kills  2 kill orders  3 that it was lifted
-- ARGV  1 order's id  2 the order as JSON  3 its time in ms; empty: now
-- Returns the order as JSON, with its time, as it stands; false when it was lifted.
-- Promise: from here on, until its end if it has one, reserve, activate and renew refuse what it covers in this shard. An order of that id that stands is kept;
--       one that was lifted is not brought back.
if redis.call('EXISTS', KEYS[3]) == 1 then
  return false
end
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then
  return known
end
local order = cjson.decode(ARGV[2])
order.time = ARGV[3] == '' and clock() or tonumber(ARGV[3])
local text = cjson.encode(order)
local same = cjson.decode(redis.call('HGET', KEYS[1], order.selector) or '[]')
same[#same + 1] = (order.life or 0) > 0 and { ARGV[1], order.time + order.life } or ARGV[1]
redis.call('HSET', KEYS[1], order.selector, cjson.encode(same))
redis.call('HSET', KEYS[2], ARGV[1], text)
return text
