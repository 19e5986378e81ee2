-- Moves a session to a new id. With a lifetime, it also becomes the user's and its lifetime restarts.
-- KEYS: the session, the session under its new id, the index of the user's sessions
-- ARGV: the hashes of the old id and of the new one, the user or an empty string, the idle time-out in
--       milliseconds, the prefix of session keys and, if it restarts, the lifetime in milliseconds
-- Returns 1 if it was moved, 0 if it does not exist.
if redis.call('EXISTS', KEYS[1]) == 0 then
    return 0
end
local user, idle, lifetime = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

redis.call('RENAME', KEYS[1], KEYS[2])
if lifetime then
    redis.call('HSET', KEYS[2], 'user', user, 'until', now + lifetime)
end
if user ~= '' then
    local ends = tonumber(redis.call('HGET', KEYS[2], 'until'))
    redis.call('ZREM', KEYS[3], ARGV[1])
    add_to_index(KEYS[3], ARGV[2], ends, now, ARGV[5])
end
-- Last: Redis deletes at once what has ended by the time that it does this.
if lifetime then
    redis.call('PEXPIRE', KEYS[2], math.min(lifetime, idle))
end
return 1
