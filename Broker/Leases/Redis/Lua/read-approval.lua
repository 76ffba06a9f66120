#!lua flags=no-writes
-- KEYS  1 approval
-- Returns {now, name, value, name, value, …}; false when it is not known.
-- Promise: whether its time is over can be told by the store's clock.
local fields = redis.call('HGETALL', KEYS[1])
if #fields == 0 then
  return false
end
local answer = { clock() }
for i = 1, #fields do
  answer[i + 1] = fields[i]
end
return answer
