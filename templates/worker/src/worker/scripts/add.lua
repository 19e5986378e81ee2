-- Adds tasks to their queues, each unless its id is known: then it waits or runs, or has ended not long
-- ago.
-- ARGV: when they are due: an empty string for now, `in` and a number of milliseconds, or `at` and a
--       time; then for each task its id, queue, name and payload
-- Returns how many are new.
local due = tonumber(ARGV[2])
if ARGV[1] == 'in' then
    due = now() + due
end
local added = 0
for index = 3, #ARGV, 4 do
    local id, queue, task, payload = ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3]
    if redis.call('EXISTS', record(id)) == 0 then
        if due then
            wait(id, queue, task, payload, 0, due)
        else
            append(id, queue, task, payload, 0)
        end
        added = added + 1
    end
end
return added
