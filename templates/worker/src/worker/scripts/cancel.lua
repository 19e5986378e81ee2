-- Ends a task that no worker has begun.
-- ARGV: the id, the new state, how long to keep the record in milliseconds
-- Returns 1, or 0 if there is no such task.
local id = ARGV[1]
if place_of(id) ~= 'waiting' then
    return 0
end
local kept = redis.call('HMGET', record(id), 'queue', 'entry', 'unique')
redis.call('ZREM', WAITING, id)
if kept[2] then
    redis.call('XDEL', stream(kept[1]), kept[2])
end
unlock(id, kept[3])
redis.call('HDEL', record(id), 'task', 'payload')
redis.call('HSET', record(id), 'state', ARGV[2], 'ended', 1)
redis.call('PEXPIRE', record(id), ARGV[3])
return 1
