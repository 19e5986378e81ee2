-- Starts an attempt. A caller that asks again, because the first reply was lost, gets the same attempt.
-- KEYS: the record of the task
-- ARGV: the new state, how long to keep the record in milliseconds, the maximum number of attempts, the
--       id of the caller
-- Returns the number of the attempt; the number of the last one, negated, if none is left; nil if the
-- task has ended.
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
