#!lua flags=no-writes
-- KEYS  1 what a workload has asked for
-- ARGV  1 subject's hash
-- Returns the id of what it has asked for with that subject and has not ended; false when there is none.
-- Promise: none.
local asked = redis.call('HGET', KEYS[1], ARGV[1])
if not asked then
  return false
end
local id, until_ = string.match(asked, '^(%S+) (%d+)$')
return tonumber(until_) > clock() and id
