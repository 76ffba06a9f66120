#!lua flags=allow-oom
-- KEYS  1 kill orders  2 proposals
-- ARGV  1 order's id  2 who proposes
-- Returns {the order as JSON, the proposal as JSON}; false when there is none of that id.
-- Promise: the first proposal stands, whoever comes later.
local order = redis.call('HGET', KEYS[1], ARGV[1])
if not order then
  return false
end
redis.call('HSETNX', KEYS[2], ARGV[1], cjson.encode({ actor = ARGV[2], time = clock() }))
return { order, redis.call('HGET', KEYS[2], ARGV[1]) }
