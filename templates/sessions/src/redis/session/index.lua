-- Enters a session, which ends at the time `ends`, into the index of its user. The scripts that begin
-- or move sessions follow below.
--
-- Sessions that ended because they were idle are still in there. Each time, up to five entries are
-- picked at random and removed if they have ended, so that those do not pile up.
local function enter(index, hash, ends, now, sessions)
    redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
    for _, other in ipairs(redis.call('ZRANDMEMBER', index, 5)) do
        if redis.call('EXISTS', sessions .. other) == 0 then
            redis.call('ZREM', index, other)
        end
    end
    redis.call('ZADD', index, ends, hash)
    -- Sessions from before a change of the settings may last longer than this one.
    local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
    redis.call('PEXPIREAT', index, last[2])
end
