#!lua flags=no-writes
-- KEYS  1 any key of the shard that is asked
-- ARGV  -
-- Returns the clock in milliseconds.
-- Promise: it is the clock that the other scripts of that shard decide by.
return clock()
