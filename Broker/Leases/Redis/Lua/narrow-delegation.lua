#!lua
-- KEYS  1 delegation
-- ARGV  1 the version that was read  2 terms, as JSON  3 expires  4 uses; 0 for no limit
-- Returns {narrowed 0 | changed meanwhile 1 | over 2, about or false, terms, created, expires, max, used, ended, version}.
-- Promise: terms are replaced as a whole, and only those that were read. Repeated with what stands it says 0 again.
if not holds_until(KEYS[1], clock()) then
  return { 2, unpack(read_delegation(KEYS[1])) }
end
local known = redis.call('HMGET', KEYS[1], 'version', 'terms', 'expires', 'max')
local stands = known[2] == ARGV[2] and known[3] == ARGV[3] and known[4] == ARGV[4]
if not stands then
  if known[1] ~= ARGV[1] then
    return { 1, unpack(read_delegation(KEYS[1])) }
  end
  redis.call('HSET', KEYS[1], 'terms', ARGV[2], 'expires', ARGV[3], 'max', ARGV[4])
  redis.call('HINCRBY', KEYS[1], 'version', 1)
end
return { 0, unpack(read_delegation(KEYS[1])) }
