#!lua flags=allow-oom
-- KEYS  1 approval  2 what its owner has asked for
-- ARGV  1 subject's hash  2 who uses it
-- Returns 1 when it is this user's, 0 otherwise.
-- Promise: it is one user's only. For another subject nothing is used up.
local known = redis.call('HMGET', KEYS[1], 'state', 'hash', 'expires', 'user')
if not known[1] or known[2] ~= ARGV[1] then
  return 0
end
if known[1] == '4' then
  return known[4] == ARGV[2] and 1 or 0
end
if known[1] ~= '2' or tonumber(known[3]) <= clock() then
  return 0
end
redis.call('HSET', KEYS[1], 'state', 4, 'user', ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
