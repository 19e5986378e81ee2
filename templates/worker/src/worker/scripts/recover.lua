-- Puts the tasks of workers that have been silent back into their queues, with one attempt more, and
-- forgets those workers.
-- ARGV: after how many milliseconds, the time of the last heartbeat of the caller, the queues
-- Returns how many tasks those were.
local MAX_RECOVERED = 100
local timeout, time = tonumber(ARGV[1]), now()
if time - ARGV[2] > timeout / 2 then
    -- Redis was frozen since the caller looked: everybody was silent.
    return 0
end
local recovered = 0
for index = 3, #ARGV do
    local queue = ARGV[index]
    local silent = redis.pcall('XPENDING', stream(queue), GROUP, 'IDLE', timeout, '-', '+', MAX_RECOVERED)
    for _, pending in ipairs(silent) do
        local fields = take_out(queue, pending[1])
        if fields and redis.call('HEXISTS', record(fields.id), 'ended') == 0 then
            append(fields.id, queue, fields.task, fields.payload, fields.attempts + 1)
            redis.call('HSET', record(fields.id), 'attempts', fields.attempts + 1)
            recovered = recovered + 1
        end
    end
    local consumers = redis.pcall('XINFO', 'CONSUMERS', stream(queue), GROUP)
    for _, consumer in ipairs(consumers) do
        -- name, NAME, pending, NUMBER, idle, MILLISECONDS. With a consumer, its entries would go.
        if consumer[4] == 0 and consumer[6] > timeout then
            redis.call('XGROUP', 'DELCONSUMER', stream(queue), GROUP, consumer[2])
        end
    end
end
local workers = redis.call('HGETALL', WORKERS)
for index = 1, #workers, 2 do
    if time - workers[index + 1]:match('%d+') > timeout then
        redis.call('HDEL', WORKERS, workers[index])
    end
end
return recovered
