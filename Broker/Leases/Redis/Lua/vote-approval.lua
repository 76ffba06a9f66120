#!lua
-- KEYS  1 approval  2 what its owner has asked for  3 pending
-- ARGV  1 id  2 how many votes the voter has seen  3 vote  4 what it becomes by it  5 how long it may be used then, in ms  6 retention in ms
-- Returns counted 0 | somebody else voted meanwhile 1 | not pending 2.
-- Promise: what it becomes was counted from all votes. None is ever taken back.
local now = clock()
local known = redis.call('HMGET', KEYS[1], 'state', 'votes', 'expires', 'hash')
if not known[1] or known[1] ~= '1' or tonumber(known[3]) <= now then
  return 2
end
if known[2] ~= ARGV[2] then
  return 1
end
redis.call('HSET', KEYS[1], 'vote' .. known[2], now .. ' ' .. ARGV[3], 'votes', tonumber(known[2]) + 1, 'state', ARGV[4])
if ARGV[4] ~= '1' then
  redis.call('ZREM', KEYS[3], ARGV[1])
end
if ARGV[4] == '2' then
  local expires = now + tonumber(ARGV[5])
  redis.call('HSET', KEYS[1], 'expires', expires)
  redis.call('PEXPIREAT', KEYS[1], expires + tonumber(ARGV[6]))
  redis.call('HSET', KEYS[2], known[4], ARGV[1] .. ' ' .. expires)
  -- Others of the owner may end later. GT takes a key without an end for one that ends last.
  redis.call('PEXPIREAT', KEYS[2], expires, redis.call('PTTL', KEYS[2]) < 0 and 'NX' or 'GT')
end
return 0
