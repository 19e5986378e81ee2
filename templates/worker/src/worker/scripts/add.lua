-- Adds tasks to their queues, each unless its id is known: then it waits or runs, or has ended not long
-- ago.
-- ARGV: when they are due: an empty string for now, `in` and a number of milliseconds, or `at` and a
--       time; then for each task its id, queue, name, payload, and 1 if it is unique
-- Returns the ids, of which that of a unique task is the one of its like that waits or runs, if there
-- is one.
local due = tonumber(ARGV[2])
if ARGV[1] == 'in' then
    due = now() + due
end
local ids = {}
for index = 3, #ARGV, 5 do
    local id, queue, task, payload = ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3]
    if redis.call('EXISTS', record(id)) == 0 then
        local other = ARGV[index + 4] == '1' and lock(id, task, payload)
        if other then
            id = other
        elseif due then
            wait(id, queue, task, payload, 0, due)
        else
            append(id, queue, task, payload, 0)
        end
    end
    ids[#ids + 1] = id
end
return ids
