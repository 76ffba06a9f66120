#!lua
-- KEYS  1 reviews
-- ARGV  1 id  2 review
-- Returns 'time review' as it stands.
-- Promise: the first stands. Nothing but closing ends it.
redis.call('HSETNX', KEYS[1], ARGV[1], clock() .. ' ' .. ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])
