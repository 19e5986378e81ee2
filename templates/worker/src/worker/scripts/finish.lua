-- Records how an attempt ended, takes its entry out of the stream, and hands its permit on.
--
-- The attempt counts if the worker still has the entry. One that was presumed lost has not: then only a
-- success counts, because the work is done, and it replaces a failure. Asking twice does nothing.
-- ARGV: the consumer, the queue, the entry, the id, the number of attempts, the new state, the outcome:
--       `success`, `failure` or `retry`; how long to keep the record, or to wait before the retry, in
--       milliseconds; for a failure the entry on the list of the dead; then the queues that may have the
--       permit, the first one first
-- Returns what XREADGROUP does, if one of them has a task.
local MAX_DEAD = 1000
local consumer, queue, entry, id, attempts = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local state, outcome, milliseconds, dead = ARGV[6], ARGV[7], ARGV[8], ARGV[9]

local kept = redis.call('HMGET', record(id), 'ended', 'unique')
local ended = kept[1]
local has_entry = consumer_of(queue, entry) == consumer
local fields
if has_entry then
    if outcome == 'retry' then
        fields = take_out(queue, entry)
    else
        redis.call('XACK', stream(queue), GROUP, entry)
        redis.call('XDEL', stream(queue), entry)
    end
end

if outcome == 'retry' then
    if fields and not ended then
        wait(id, queue, fields.task, fields.payload, attempts, now() + milliseconds)
        redis.call('HSET', record(id), 'state', state)
        redis.call('HDEL', record(id), 'entry')
    end
elseif has_entry and not ended or outcome == 'success' and ended ~= '1' then
    if ended then
        redis.call('LREM', DEAD, 1, ended)
    elseif not has_entry then
        -- The next attempt has nothing to do.
        redis.call('ZREM', WAITING, id)
        redis.call('HDEL', record(id), 'task', 'payload')
        local place = redis.call('HMGET', record(id), 'queue', 'entry')
        if place[2] and not consumer_of(place[1], place[2]) then
            redis.call('XDEL', stream(place[1]), place[2])
        end
    end
    redis.call('HSET', record(id), 'state', state, 'attempts', attempts,
        'ended', outcome == 'failure' and dead or 1)
    redis.call('PEXPIRE', record(id), milliseconds)
    unlock(id, kept[2])
    if outcome == 'failure' then
        redis.call('LPUSH', DEAD, dead)
        redis.call('LTRIM', DEAD, 0, MAX_DEAD - 1)
    end
end

for index = 10, #ARGV do
    -- A queue that was lost with all data of Redis is no reason to lose the answer.
    local read = redis.pcall('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', 1,
        'STREAMS', stream(ARGV[index]), '>')
    if read and not read.err then
        return read
    end
end
return false
