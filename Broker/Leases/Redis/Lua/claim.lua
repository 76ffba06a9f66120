#!lua flags=allow-oom
-- KEYS  1 due  2 retries  then for each lease: lease, its task
-- ARGV  1 how long the claim holds in ms  then for each lease: its id
-- Returns the leases that are now claimed.
-- Promise: a lease has one holder at a time; who comes later carries a higher fence, and sees whether somebody vanished before.
local now = clock()
local claimed = {}
for i = 2, #ARGV do
  local key, due = KEYS[2 * i - 1], redis.call('ZSCORE', KEYS[1], ARGV[i])
  local lease = due and tonumber(due) <= now and read(key)
  if lease then
    close(lease, EXPIRED, now)
    if lease.claimed == 1 then
      lease.taken = 1
    end
    lease.claimed, lease.fence, lease.attempts = 1, lease.fence + 1, lease.attempts + 1
    save(key, lease)
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[i])
    redis.call('ZREM', KEYS[2], ARGV[i])
    touch(KEYS[2 * i])
    claimed[#claimed + 1] = reply(lease)
  end
end
return claimed
