-- Ends a session of a user, and removes it from their index.
-- KEYS: the session, the index of the user's sessions
-- ARGV[1]: the hash of its id
-- Returns 1 if it was ended, 0 if the user has no such session.
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then
    return 0
end
return redis.call('UNLINK', KEYS[1])
