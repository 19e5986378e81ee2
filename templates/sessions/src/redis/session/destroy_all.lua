-- Ends all sessions of a user and gives their number.
-- KEYS[1]: the index of the user's sessions; ARGV[1]: what the keys of sessions begin with, whose
-- hash tag keeps them in the slot of the index
local ended = 0
for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    ended = ended + redis.call('UNLINK', ARGV[1] .. hash)
end
redis.call('UNLINK', KEYS[1])
return ended
