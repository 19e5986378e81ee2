-- Creates a session.
-- KEYS: the session and, if it has a user, the index of their sessions
-- ARGV: the hash of the id, the user or an empty string, the data, the lifetime and the idle time-out
--       in milliseconds, the prefix of session keys
local hash, user, data, sessions = ARGV[1], ARGV[2], ARGV[3], ARGV[6]
local lifetime, idle = tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

redis.call('HSET', KEYS[1], 'user', user, 'data', data, 'until', now + lifetime)
redis.call('PEXPIRE', KEYS[1], math.min(lifetime, idle))
if user ~= '' then
    add_to_index(KEYS[2], hash, now + lifetime, now, sessions)
end
