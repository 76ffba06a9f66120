#!lua
-- KEYS  1 a target's kept secrets
-- ARGV  1 name  2 the expected revision; empty for none  3 the new revision  4 content
-- Returns 1 when the new revision is there, 0 when another one than the expected is.
-- Promise: of two that expect the same revision one writes; the same write may be repeated.
local present = redis.call('HGET', KEYS[1], ARGV[1])
local revision = present and string.match(present, '^%S+') or ''
if revision == ARGV[3] then
  return 1
end
if revision ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3] .. ' ' .. ARGV[4])
return 1
