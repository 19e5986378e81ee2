-- Returns what there is to do, and who does it.
-- ARGV: names of queues
-- Returns the time; for each queue how many tasks wait, how many are with a worker, for how many
-- milliseconds the first one has waited, or -1, and whether it is paused; how many tasks wait for their
-- time; how many are dead; and the last heartbeats of workers.
local time, queues = now(), {}
for index, queue in ipairs(ARGV) do
    local running, last = 0, '-'
    local groups = redis.pcall('XINFO', 'GROUPS', stream(queue))
    if groups[1] then
        -- name, NAME, consumers, NUMBER, pending, NUMBER, last-delivered-id, ID
        running, last = groups[1][6], '(' .. groups[1][8]
    end
    local first, age = redis.call('XRANGE', stream(queue), last, '+', 'COUNT', 1)[1], -1
    if first then
        age = math.max(time - first[1]:match('%d+'), 0)
    end
    local waiting = redis.call('XLEN', stream(queue)) - running
    queues[index] = { waiting, running, age, redis.call('SISMEMBER', PAUSED, queue) }
end
local delayed, dead = redis.call('ZCARD', WAITING), redis.call('LLEN', DEAD)
return { time, queues, delayed, dead, redis.call('HVALS', WORKERS) }
