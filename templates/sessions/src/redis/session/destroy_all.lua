-- Ends all sessions of a user.
-- KEYS[1]: the index of the user's sessions
-- ARGV[1]: the prefix of session keys, whose hash tag puts them into the slot of the index
-- Returns how many were ended.
local ended = 0
for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    ended = ended + redis.call('UNLINK', ARGV[1] .. hash)
end
redis.call('UNLINK', KEYS[1])
return ended
