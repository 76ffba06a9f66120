#!lua
-- KEYS  1 delegation  2 what its delegate was given  3 retired
-- ARGV  1 what never changes about it, as JSON  2 terms, as JSON  3 created  4 expires  5 uses; 0 for no limit
--       6 its member in what the delegate was given  7 its member in the retired  8 when it may be forgotten
-- Returns {put 0 | there before 1, about or false, terms, created, expires, max, used, ended, version}.
-- Promise: what is there is left as it is; that it was ended before it came is there, too.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return { 1, unpack(read_delegation(KEYS[1])) }
end
redis.call('HSET', KEYS[1], 'about', ARGV[1], 'terms', ARGV[2], 'created', ARGV[3], 'expires', ARGV[4], 'max', ARGV[5],
  'used', 0, 'ended', 0, 'version', 1)
redis.call('ZADD', KEYS[2], 0, ARGV[6])
redis.call('ZADD', KEYS[3], ARGV[8], ARGV[7])
return { 0, unpack(read_delegation(KEYS[1])) }
