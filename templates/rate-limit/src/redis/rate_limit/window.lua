-- Counts a request in a sliding window, if it still fits, in one step that nothing can come between.
--
-- Time is cut into windows of equal length. What is kept is the number of requests in the present
-- one and in the one before; the latter counts for the share of it that the sliding window still
-- covers. Requests that are refused are not counted, so that whoever keeps asking is let through
-- as soon as there is room.
--
-- KEYS[1]: a hash of three numbers
-- ARGV: the limit, the length of the window in milliseconds, the time in milliseconds since 1970,
--       or an empty string for the clock of Redis, which all instances of the service share
-- answers: 1 if the request fits, or 0; how many more fit now; the milliseconds until one fits;
--          the milliseconds until all of them fit
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
    -- The clock went back, as it may after a failover: the later window goes on.
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
    -- With the end of the next window, nothing here counts any more.
    redis.call('PEXPIRE', KEYS[1], 2 * length - elapsed)
end

local remaining = math.floor(limit - current - previous * (length - elapsed) / length)
local retry = 0
if remaining < 1 then
    if current < limit then
        -- The window before weighs little enough later in this one.
        retry = length - (limit - current - 1) * length / previous - elapsed
    else
        -- This window, as the one before, weighs little enough later in the next one.
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
