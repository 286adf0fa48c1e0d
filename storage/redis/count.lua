-- Counts one request in a window that begins with its first request and ends by expiry.
-- KEYS[1]: the window. ARGV: most requests, length in ms.
-- Answers {1 if there was room, requests counted, ms left}.
local most, length = tonumber(ARGV[1]), tonumber(ARGV[2])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    redis.call('SET', KEYS[1], 0, 'PX', length)
    left = length
end
local taken = tonumber(redis.call('GET', KEYS[1]))
if taken >= most then
    return {0, taken, left}
end
return {1, redis.call('INCR', KEYS[1]), left}
