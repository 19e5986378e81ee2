-- Gives a task back that was handed out and not begun.
-- ARGV: the consumer, the queue, the entry, for how many milliseconds; and of a task that no worker
--       knows, how often it may come back
-- Returns 1, or 0 if it has come back that often and stays with the worker.
local consumer, queue, entry, milliseconds, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
if consumer_of(queue, entry) ~= consumer then
    return 1
end
if limit then
    local id = redis.call('XRANGE', stream(queue), entry, entry)[1][2][2]
    if redis.call('HINCRBY', record(id), 'unknown', 1) > limit then
        return 0
    end
end
put_back(queue, entry, now() + milliseconds)
return 1
