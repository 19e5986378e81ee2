-- Removes the lease of its owner, and nobody else's.
-- KEYS[1]: the key; ARGV[1]: the lease
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
return redis.call('UNLINK', KEYS[1])
