-- Ends a lease, unless it has ended, and stores the value in its place if there is one.
-- KEYS[1]: the key; ARGV: the lease and, with a value, that and its time to live in milliseconds
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return
end
if ARGV[2] then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
else
    redis.call('UNLINK', KEYS[1])
end
