-- Begins an attempt and returns its number; if none is left, that of the last one, negated; if the task
-- has ended, nothing. Asked twice by the same asker, it begins one attempt: the first answer may have
-- been lost.
-- KEYS: the record of the task.
-- ARGV: its new state, how long to keep the record in ms, the most attempts, and who asks.
if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then
    return false
end
local attempts = tonumber(redis.call('HGET', KEYS[1], 'attempts') or 0)
if redis.call('HGET', KEYS[1], 'begun_by') == ARGV[4] then
    return attempts
end
if attempts >= tonumber(ARGV[3]) then
    return -attempts
end
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'attempts', attempts + 1, 'begun_by', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return attempts + 1
