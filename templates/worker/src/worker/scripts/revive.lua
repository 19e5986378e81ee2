-- Lets a task on the list of the dead run again, with all its attempts.
-- ARGV: its entry on the list, its id, queue, name and payload
-- Returns 1, or 0 if it is on the list no more, or has not ended.
local dead, id = ARGV[1], ARGV[2]
local known = redis.call('HMGET', record(id), 'queue', 'ended')
if known[1] and not known[2] or redis.call('LREM', DEAD, 1, dead) == 0 then
    return 0
end
redis.call('DEL', record(id))
append(id, ARGV[3], ARGV[4], ARGV[5], 0)
return 1
