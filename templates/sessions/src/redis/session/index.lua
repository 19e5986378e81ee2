-- Adds a session that ends at `ends` to the index of its user. The scripts that create and rotate
-- sessions are appended to this file.
--
-- A session that ended because it was idle leaves its entry behind. Each call checks five random
-- entries and removes the stale ones, so that they do not pile up.
local function add_to_index(index, hash, ends, now, sessions)
    redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
    for _, other in ipairs(redis.call('ZRANDMEMBER', index, 5)) do
        if redis.call('EXISTS', sessions .. other) == 0 then
            redis.call('ZREM', index, other)
        end
    end
    redis.call('ZADD', index, ends, hash)
    -- A session from before the lifetime was shortened may outlast this one.
    local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
    redis.call('PEXPIREAT', index, last[2])
end
