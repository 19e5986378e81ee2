-- Records the outcome of an attempt, unless the task has ended: a task that ran twice ends once. Only a
-- success replaces a failure, because the work is done, even if its worker was given up for lost.
-- KEYS: the record of the task, the list of dead tasks
-- ARGV: the new state, how long to keep the record in milliseconds, 1 if this is the end; for a dead
--       task also its entry in the list and the maximum length of the list
-- Returns whether it was recorded.
local is_end, entry = ARGV[3] == '1', ARGV[4]
-- The entry of a dead task, or 1.
local ended = redis.call('HGET', KEYS[1], 'ended')
if ended then
    if ended == '1' or entry or not is_end then
        return false
    end
    redis.call('LREM', KEYS[2], 1, ended)
end
redis.call('HSET', KEYS[1], 'state', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if is_end then
    redis.call('HSET', KEYS[1], 'ended', entry or 1)
end
if entry then
    redis.call('LPUSH', KEYS[2], entry)
    redis.call('LTRIM', KEYS[2], 0, ARGV[5] - 1)
end
return true
