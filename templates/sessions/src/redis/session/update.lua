-- Replaces the data of a session if it is still what was read, and never begins a session.
-- KEYS[1]: the session; ARGV: the data that was read, the new data
-- answers: 1 if it was replaced, or 0
if redis.call('HGET', KEYS[1], 'data') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'data', ARGV[2])
return 1
