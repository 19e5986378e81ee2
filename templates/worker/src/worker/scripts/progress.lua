-- Keeps how far an attempt has come, for as long as its task has not ended.
-- ARGV: the id, how far it has come, the number of the attempt
local known = redis.call('HMGET', record(ARGV[1]), 'queue', 'ended')
if known[1] and not known[2] then
    redis.call('HSET', record(ARGV[1]), 'progress', ARGV[2], 'progress_of', ARGV[3])
end
return redis.status_reply('OK')
