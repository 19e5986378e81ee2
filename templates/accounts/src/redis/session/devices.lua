-- Lists the sessions of a user that have not ended.
-- KEYS[1]: the index of the user's sessions
-- ARGV[1]: the prefix of session keys, whose hash tag puts them into the slot of the index
-- Returns the hash of the id and the data of each.
local devices = {}
for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local data = redis.call('HGET', ARGV[1] .. hash, 'data')
    if data then
        table.insert(devices, { hash, data })
    end
end
return devices
