-- Creates users, each with an address of its own.
local number = 0
local run = os.time()

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function request()
    number = number + 1
    local body = string.format('{"email":"%d-%d@example.net","name":"Somebody"}', run, number)
    return wrk.format(nil, nil, nil, body)
end
