-- Ends a session, also in the index of its user.
-- KEYS[1]: the session; ARGV: the hash of its id, what the keys of indexes begin with, whose hash tag
-- keeps them in the slot of the session
-- answers: 1 if it was ended, or 0 if there is no such session
local user = redis.call('HGET', KEYS[1], 'user')
if not user then
    return 0
end
redis.call('UNLINK', KEYS[1])
if user ~= '' then
    redis.call('ZREM', ARGV[2] .. user, ARGV[1])
end
return 1
