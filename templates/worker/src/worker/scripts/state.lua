-- Returns where a task is.
-- ARGV: the id
-- Returns the last state that was recorded, or an empty string; how many attempts were started; whether
-- it is `ended`, `running`, `waiting` or `lost`; and how far the attempt has come that runs, or an empty
-- string. Nothing if the task is not known.
local place = place_of(ARGV[1])
if not place then
    return false
end
local kept = redis.call('HMGET', record(ARGV[1]), 'state', 'attempts', 'progress', 'progress_of')
local attempts, progress = tonumber(kept[2] or 0), ''
if place == 'running' then
    attempts = attempts + 1
    if tonumber(kept[4]) == attempts then
        progress = kept[3]
    end
end
return { kept[1] or '', attempts, place, progress }
