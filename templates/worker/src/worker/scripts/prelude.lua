-- What the other scripts begin with.
--
-- All keys of the queue begin alike: with the prefix of the application and a hash tag, which puts them
-- into one slot of a cluster. That beginning is the only key that scripts are given (KEYS[1]).
--
-- :queue:NAME  a stream of the tasks that wait for a worker or are with one, for the group `workers`
-- :waiting     a sorted set of the ids of tasks that wait for their time, in milliseconds since 1970
-- :task:ID     a hash, kept for some time after the end of the task: `state` and `attempts`, as told to
--              clients; while it is in a stream, its `queue` and `entry`; while it waits for its time,
--              its `queue`, `task` and `payload`; if it is unique, its lock in `unique`; how far an
--              attempt has come in `progress`, and which one in `progress_of`; and when it has
--              ended, `ended`, which is its entry on the list of the dead, or 1
-- :unique:SHA  the id of the unique task with this name and payload that waits or runs
-- :rate:TASK   a sorted set of the entries of a task with a rate that have begun, by time
-- :turns:TASK  when the last of those is due that wait for their turn
-- :dead        a list of the tasks that failed for good, newest first
-- :workers     a hash of the last signs of life, by consumer
-- :paused      a set of the names of queues that workers take nothing of
-- :wake        a list that has an element when a worker should look at `:waiting` at once
local GROUP, WAITING, DEAD = 'workers', KEYS[1] .. ':waiting', KEYS[1] .. ':dead'
local WORKERS, WAKE = KEYS[1] .. ':workers', KEYS[1] .. ':wake'
local PAUSED = KEYS[1] .. ':paused'

local function stream(queue)
    return KEYS[1] .. ':queue:' .. queue
end

local function record(id)
    return KEYS[1] .. ':task:' .. id
end

-- The time of Redis, which all hosts share, in milliseconds since 1970.
local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Lets a task wait for a worker. The stream comes first: were Redis to lose the rest, a task without a
-- record still runs, and a record without a task would wait for ever.
local function append(id, queue, task, payload, attempts)
    local entry = redis.call('XADD', stream(queue), '*', 'id', id, 'task', task,
        'payload', payload, 'attempts', attempts)
    redis.call('HSET', record(id), 'queue', queue, 'entry', entry)
end

-- Lets a task wait for its time, and wakes a worker that would look too late.
local function wait(id, queue, task, payload, attempts, due)
    local first = redis.call('ZRANGE', WAITING, 0, 0, 'WITHSCORES')
    redis.call('ZADD', WAITING, due, id)
    redis.call('HSET', record(id), 'queue', queue, 'task', task, 'payload', payload,
        'attempts', attempts)
    if (not first[2] or due < tonumber(first[2])) and redis.call('EXISTS', WAKE) == 0 then
        redis.call('LPUSH', WAKE, 1)
    end
end

-- The consumer that has the entry of a stream, if one has.
local function consumer_of(queue, entry)
    local pending = redis.pcall('XPENDING', stream(queue), GROUP, entry, entry, 1)
    return pending[1] and pending[1][2]
end

-- Where a task is: `ended`, `running`, `waiting`, or `lost`; or nothing, if it is not known.
local function place_of(id)
    local kept = redis.call('HMGET', record(id), 'ended', 'queue', 'entry')
    local ended, queue, entry = kept[1], kept[2], kept[3]
    if ended then
        return 'ended'
    elseif not queue then
        return nil
    elseif entry and consumer_of(queue, entry) then
        return 'running'
    elseif entry and redis.call('XRANGE', stream(queue), entry, entry)[1]
        or redis.call('ZSCORE', WAITING, id) then
        return 'waiting'
    end
    return 'lost'
end

-- The task that a unique one has to let pass, because it has the same name and payload, or nothing.
local function lock(id, task, payload)
    local key = KEYS[1] .. ':unique:' .. redis.sha1hex(task .. ' ' .. payload)
    local holder = redis.call('GET', key)
    if holder then
        local place = place_of(holder)
        if place == 'waiting' or place == 'running' then
            return holder
        end
    end
    redis.call('SET', key, id)
    redis.call('HSET', record(id), 'unique', key)
    return nil
end

local function unlock(id, key)
    if key and redis.call('GET', key) == id then
        redis.call('DEL', key)
    end
end

-- Takes an entry out of its stream, and gives its fields, if it was there. XACK comes first: a Redis
-- that is full refuses a script only before its first write, and XACK needs no memory.
local function take_out(queue, entry)
    redis.call('XACK', stream(queue), GROUP, entry)
    local found = redis.call('XRANGE', stream(queue), entry, entry)[1]
    if not found then
        return nil
    end
    redis.call('XDEL', stream(queue), entry)
    local fields = {}
    for index = 1, #found[2], 2 do
        fields[found[2][index]] = found[2][index + 1]
    end
    return fields
end

-- Lets a task that was handed out wait until it is due, unless a worker that was presumed lost has ended it.
local function put_back(queue, entry, due)
    local fields = take_out(queue, entry)
    if fields and redis.call('HEXISTS', record(fields.id), 'ended') == 0 then
        wait(fields.id, queue, fields.task, fields.payload, fields.attempts, due)
        redis.call('HDEL', record(fields.id), 'entry')
    end
end
