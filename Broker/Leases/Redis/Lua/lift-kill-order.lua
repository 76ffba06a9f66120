#!lua flags=allow-oom
-- KEYS  1 kills  2 kill orders  3 that it was lifted  4 proposals
-- ARGV  1 order's id  2 how long to remember that it was lifted, in ms
-- Returns 1; 0 when there is none of that id.
-- Promise: other orders with the same selector stand. Whoever is still spreading this one does not bring it back.
redis.call('SET', KEYS[3], '1', 'PX', ARGV[2])
redis.call('HDEL', KEYS[4], ARGV[1])
local known = redis.call('HGET', KEYS[2], ARGV[1])
if not known then
  return 0
end
local selector = cjson.decode(known).selector
local others = {}
for _, order in ipairs(cjson.decode(redis.call('HGET', KEYS[1], selector))) do
  if (type(order) == 'string' and order or order[1]) ~= ARGV[1] then
    others[#others + 1] = order
  end
end
if #others == 0 then
  redis.call('HDEL', KEYS[1], selector)
else
  redis.call('HSET', KEYS[1], selector, cjson.encode(others))
end
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
