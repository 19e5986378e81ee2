-- Records how an attempt went, unless the task has ended already: one that ran twice ends once. Only a
-- success replaces a failure: the work is done, though its worker was taken for lost.
-- KEYS: the record of the task, and the list of dead tasks.
-- ARGV: its new state, how long to keep the record in ms, 1 where this is the end, and for a dead
-- task its entry in the list and the most entries that the list may have.
local is_end, entry = ARGV[3] == '1', ARGV[4]
-- For a dead task its entry, and else 1.
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
