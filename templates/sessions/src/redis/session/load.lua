-- Loads a session and restarts its idle time-out.
-- KEYS[1]: the session
-- ARGV[1]: the idle time-out in milliseconds
-- Returns its user and data, or nil if it does not exist.
local session = redis.call('HMGET', KEYS[1], 'user', 'data', 'until')
if not session[1] then
    return false
end
local time = redis.call('TIME')
local left = session[3] - (time[1] * 1000 + math.floor(time[2] / 1000))
if left <= 0 then
    redis.call('UNLINK', KEYS[1])
    return false
end
redis.call('PEXPIRE', KEYS[1], math.min(left, tonumber(ARGV[1])))
return { session[1], session[2] }
