#!lua flags=no-writes
-- KEYS  1 log positions
-- ARGV  -
-- Returns the server's run id, which it has until it ends, '' where the broker's user may not ask for it; then name, position of each broker.
-- Promise: the positions are those that this server has.
local positions = redis.call('HGETALL', KEYS[1])
table.insert(positions, 1, run_id())
return positions
