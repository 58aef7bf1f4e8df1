-- A member for each instance that lives, with when it is given up.
local key, instance, ttl = KEYS[1], ARGV[2], tonumber(ARGV[3])
-- Before any other write: a server whose memory is full refuses this one only while it is the first.
redis.call('ZADD', key, now + ttl, instance)
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
-- By a clock that has since stepped back; else it would be kept for so much longer.
for _, ahead in ipairs(redis.call('ZRANGEBYSCORE', key, string.format('(%.0f', now + ttl), '+inf')) do
  redis.call('ZADD', key, now + ttl, ahead)
end
redis.call('PEXPIRE', key, math.max(math.ceil(ttl / 1000), floor))
local rank = 0
for _, other in ipairs(redis.call('ZRANGE', key, 0, -1)) do
  if other < instance then rank = rank + 1 end
end
return {redis.call('ZCARD', key), rank}
