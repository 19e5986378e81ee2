-- Records a heartbeat of a worker and of the entries that it has, and moves tasks whose time has come to
-- their queues.
-- ARGV: the consumer, what to tell of it, then the queue and the entry of each of its tasks
-- Returns the time, when there is something to move next, and the queues that are paused.
local MAX_MOVED = 100
local time = now()
-- A Redis that is full refuses HSET as the first write of a script, but not as a later one.
redis.call('HDEL', WORKERS, ARGV[1])
redis.call('HSET', WORKERS, ARGV[1], time .. ' ' .. ARGV[2])
for index = 3, #ARGV, 2 do
    -- JUSTID leaves the number of deliveries as it is; an entry that somebody else has taken out is
    -- not claimed.
    redis.pcall('XCLAIM', stream(ARGV[index]), GROUP, ARGV[1], 0, ARGV[index + 1], 'JUSTID')
end
for _, id in ipairs(redis.call('ZRANGE', WAITING, '-inf', time, 'BYSCORE', 'LIMIT', 0, MAX_MOVED)) do
    local kept = redis.call('HMGET', record(id), 'queue', 'task', 'payload', 'attempts')
    redis.call('ZREM', WAITING, id)
    if kept[3] then
        append(id, kept[1], kept[2], kept[3], kept[4])
        redis.call('HDEL', record(id), 'task', 'payload')
    end
end
local first = redis.call('ZRANGE', WAITING, 0, 0, 'WITHSCORES')
return { time, first[2] and tonumber(first[2]) or false, redis.call('SMEMBERS', PAUSED) }
