-- Changes the first thousand users in turn.
local number = 0

wrk.method = "PUT"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["If-Match"] = "*"

function request()
    number = number % 1000 + 1
    local body = string.format('{"email":"%d@example.edu","name":"Somebody else"}', number)
    return wrk.format(nil, "/users/" .. number, nil, body)
end
