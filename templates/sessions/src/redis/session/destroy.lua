-- Ends a session and removes it from the index of its user.
-- KEYS[1]: the session
-- ARGV: the hash of its id, the prefix of index keys, whose hash tag puts them into the session's slot
-- Returns 1 if it was ended, 0 if it does not exist.
local user = redis.call('HGET', KEYS[1], 'user')
if not user then
    return 0
end
redis.call('UNLINK', KEYS[1])
if user ~= '' then
    redis.call('ZREM', ARGV[2] .. user, ARGV[1])
end
return 1
