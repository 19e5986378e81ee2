-- Starts an attempt and returns its number; if none is left, that of the last one, negated; if the task
-- has ended, nothing. A caller that asks again, because the first answer was lost, starts no second one.
-- KEYS: the record of the task.
-- ARGV: its new state, how long to keep the record in ms, the maximum of attempts, and the caller's id.
if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then
    return false
end
local attempts = tonumber(redis.call('HGET', KEYS[1], 'attempts') or 0)
if redis.call('HGET', KEYS[1], 'started_by') == ARGV[4] then
    return attempts
end
if attempts >= tonumber(ARGV[3]) then
    return -attempts
end
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'attempts', attempts + 1, 'started_by', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return attempts + 1
