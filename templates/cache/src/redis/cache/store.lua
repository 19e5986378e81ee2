-- Stores a value in place of the lease, unless the lease ended meanwhile.
-- KEYS[1]: the key; ARGV: the lease, the value, its time to live in milliseconds
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
