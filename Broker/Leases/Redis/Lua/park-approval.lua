#!lua
-- KEYS  1 approval  2 what its owner has asked for  3 pending
-- ARGV  1 id  2 subject  3 subject's hash  4 decision  5 how long it waits, in ms  6 how many of the owner may be kept  7 retention in ms
-- Returns the id of the one that stands: this one, or an earlier one with the same subject; false when the owner has as many as it may.
-- Promise: while one with a subject has not ended there is no second one with it. What the owner has asked for is kept until the last of it has ended.
local now = clock()
local expires = now + tonumber(ARGV[5])
local kept, last = 0, expires
local asked = redis.call('HGETALL', KEYS[2])
for i = 1, #asked, 2 do
  local id, until_ = string.match(asked[i + 1], '^(%S+) (%d+)$')
  if tonumber(until_) <= now then
    redis.call('HDEL', KEYS[2], asked[i])
  elseif asked[i] == ARGV[3] then
    return id
  else
    kept = kept + 1
    last = math.max(last, tonumber(until_))
  end
end
if kept >= tonumber(ARGV[6]) then
  return false
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
redis.call('HSET', KEYS[1], 'subject', ARGV[2], 'hash', ARGV[3], 'decision', ARGV[4], 'state', 1, 'votes', 0,
  'created', now, 'expires', expires, 'user', '')
redis.call('PEXPIREAT', KEYS[1], expires + tonumber(ARGV[7]))
redis.call('HSET', KEYS[2], ARGV[3], ARGV[1] .. ' ' .. expires)
redis.call('PEXPIREAT', KEYS[2], last)
redis.call('ZADD', KEYS[3], expires, ARGV[1])
return ARGV[1]
