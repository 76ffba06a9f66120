#!lua flags=allow-oom
-- KEYS  1 open tasks  2… tasks
-- ARGV  for each task: its member in the open tasks, its grace in ms
-- Returns for each task {found 0 | 1, outcome or 0, revision}.
-- Promise: a lifeline is moved only while its task is open and not over, so that nothing brings a lost task back. It adds nothing, so a
--       server that is full does not take every agent's task for lost.
local now = clock()
local beats = {}
for i = 2, #KEYS do
  local member, grace = ARGV[2 * i - 3], tonumber(ARGV[2 * i - 2])
  local task = redis.call('HMGET', KEYS[i], 'outcome', 'expires', 'lifeline', 'revision')
  local outcome = tonumber(task[1] or 0)
  if task[1] and outcome == 0 then
    if over(task[2], task[3]) <= now then
      outcome = LOST
    else
      redis.call('HSET', KEYS[i], 'lifeline', now + grace)
      redis.call('ZADD', KEYS[1], over(task[2], now + grace), member)
    end
  end
  beats[i - 1] = { task[1] and 1 or 0, outcome, tonumber(task[4] or 0) }
end
return beats
