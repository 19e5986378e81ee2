-- Begins a session.
-- KEYS: the session, the index of the user's sessions
-- ARGV: the hash of the id, the user or an empty text, the data, the lifetime and the idle time-out
--       in milliseconds
local hash, user, data = ARGV[1], ARGV[2], ARGV[3]
local lifetime, idle = tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

redis.call('HSET', KEYS[1], 'user', user, 'data', data, 'until', now + lifetime)
redis.call('PEXPIRE', KEYS[1], math.min(lifetime, idle))
if user ~= '' then
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    redis.call('ZADD', KEYS[2], now + lifetime, hash)
    -- Sessions from before a change of the settings may last longer than this one.
    local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
    redis.call('PEXPIREAT', KEYS[2], last[2])
end
