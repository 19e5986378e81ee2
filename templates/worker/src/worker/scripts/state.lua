-- Tells where a task is.
-- ARGV: the id
-- Returns the last state that was recorded, or an empty string; how many attempts were started; whether
-- it is `ended`, `running`, `waiting` or `lost`; or nothing if it is not known.
local kept = redis.call('HMGET', record(ARGV[1]), 'ended', 'queue', 'entry', 'state', 'attempts')
local ended, queue, entry, state, attempts = kept[1], kept[2], kept[3], kept[4] or '', kept[5] or 0
if ended then
    return { state, attempts, 'ended' }
elseif not queue then
    return false
elseif entry and consumer_of(queue, entry) then
    return { state, attempts + 1, 'running' }
elseif entry and redis.call('XRANGE', stream(queue), entry, entry)[1]
    or redis.call('ZSCORE', WAITING, ARGV[1]) then
    return { state, attempts, 'waiting' }
end
return { state, attempts, 'lost' }
