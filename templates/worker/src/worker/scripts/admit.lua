-- Lets a task begin that has a rate, or makes it wait for its turn.
--
-- What has begun within the window is counted exactly. Those that have to wait get one turn each, one
-- after the other, so that they do not all come back at once; who comes new stands behind them.
-- ARGV: the queue, the entry, the id, the name of the task, how many may begin within a window, the
--       length of the window in milliseconds
-- Returns 1 if it may begin; 0 if it waits.
local queue, entry, id, task = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local limit, window = tonumber(ARGV[5]), tonumber(ARGV[6])
local begun, turns = KEYS[1] .. ':rate:' .. task, KEYS[1] .. ':turns:' .. task
local time = now()
redis.call('ZREMRANGEBYSCORE', begun, '-inf', time - window)
local last_turn = tonumber(redis.call('GET', turns) or 0)
local has_turn = redis.call('HDEL', record(id), 'has_turn') == 1
if redis.call('ZCARD', begun) < limit and (has_turn or last_turn <= time) then
    redis.call('ZADD', begun, time, entry)
    redis.call('PEXPIRE', begun, window)
    return 1
end
local turn = last_turn + window / limit
if redis.call('ZCARD', begun) >= limit then
    local first = redis.call('ZRANGE', begun, 0, 0, 'WITHSCORES')
    turn = math.max(turn, first[2] + window)
end
turn = math.ceil(math.max(turn, time))
redis.call('SET', turns, turn, 'PX', turn - time + window)
put_back(queue, entry, turn)
redis.call('HSET', record(id), 'has_turn', 1)
return 0
