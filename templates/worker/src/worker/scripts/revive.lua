-- Lets a task on the list of the dead run again, with all its attempts.
-- ARGV: its entry on the list, its id, queue, name and payload, and 1 if it is unique
-- Returns 1, or 0 if it is on the list no more, has not ended, or its like waits or runs.
local dead, id = ARGV[1], ARGV[2]
local known = redis.call('HMGET', record(id), 'queue', 'ended')
if known[1] and not known[2] or not redis.call('LPOS', DEAD, dead) then
    return 0
end
if ARGV[6] == '1' and lock(id, ARGV[4], ARGV[5]) then
    return 0
end
redis.call('LREM', DEAD, 1, dead)
redis.call('HDEL', record(id), 'ended', 'state', 'attempts', 'unknown')
redis.call('PERSIST', record(id))
append(id, ARGV[3], ARGV[4], ARGV[5], 0)
return 1
