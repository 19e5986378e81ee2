-- Records how an attempt went, unless the task has ended already: one that ran twice ends once.
-- KEYS: the record of the task, and the list of dead tasks.
-- ARGV: its new state, how long to keep the record in ms, 1 where this is the end, and for a dead
-- task its entry in the list and the most entries that the list may have.
if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then
    return false
end
redis.call('HSET', KEYS[1], 'state', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[3] == '1' then
    redis.call('HSET', KEYS[1], 'ended', 1)
end
if ARGV[4] then
    redis.call('LPUSH', KEYS[2], ARGV[4])
    redis.call('LTRIM', KEYS[2], 0, ARGV[5] - 1)
end
return true
