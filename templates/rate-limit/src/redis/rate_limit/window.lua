-- Counts a request in a sliding window if it fits, atomically.
--
-- The sliding window is approximated by two fixed ones: the current one, and the previous one weighted
-- by the share of it that the sliding window still covers. A refused request is not counted, so that a
-- client that keeps asking is let through as soon as there is room.
--
-- KEYS[1]: a hash of three numbers
-- ARGV: the limit, the length of the window in milliseconds, and the time in milliseconds since 1970
--       if it is not that of Redis, which all instances of the service share
-- Returns 1 if the request fits, else 0; how many more fit now; the milliseconds until one fits; the
--         milliseconds until the window is empty.
local limit, length = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local index, elapsed = math.floor(now / length), now % length

local kept = redis.call('HMGET', KEYS[1], 'index', 'current', 'previous')
local kept_index = tonumber(kept[1]) or -1
local current, previous = 0, 0
if kept_index > index then
    -- The clock went back, as it may after a failover: stay in the later window.
    index, elapsed = kept_index, 0
end
if kept_index == index then
    current, previous = tonumber(kept[2]), tonumber(kept[3])
elseif kept_index == index - 1 then
    previous = tonumber(kept[2])
end

local fits = previous * (length - elapsed) + (current + 1) * length <= limit * length
if fits then
    current = current + 1
    redis.call('HSET', KEYS[1], 'index', index, 'current', current, 'previous', previous)
    -- Nothing here counts after the end of the next window.
    redis.call('PEXPIRE', KEYS[1], 2 * length - elapsed)
end

local remaining = math.floor(limit - current - previous * (length - elapsed) / length)
local retry = 0
if remaining < 1 then
    if current < limit then
        -- Later in this window, the previous one weighs little enough.
        retry = length - (limit - current - 1) * length / previous - elapsed
    else
        -- Later in the next window, this one weighs little enough.
        retry = length - elapsed + length - (limit - 1) * length / current
    end
end
local reset = length - elapsed
if current > 0 then
    reset = reset + length
elseif previous == 0 then
    reset = 0
end
return { fits and 1 or 0, math.max(remaining, 0), math.ceil(retry), reset }
