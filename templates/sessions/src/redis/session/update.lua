-- Replaces the data of a session if it is still what was read. Never creates a session.
-- KEYS[1]: the session
-- ARGV: the data that was read, the new data
-- Returns 1 if it was replaced, 0 otherwise.
if redis.call('HGET', KEYS[1], 'data') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'data', ARGV[2])
return 1
