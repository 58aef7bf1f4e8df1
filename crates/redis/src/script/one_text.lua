local key = KEYS[1]
local seen = redis.call('GET', key)
local allowed, granted, remaining, retry, reset, delay, fate, state, keep =
  decide(seen, now, tonumber(ARGV[2]), tonumber(ARGV[3]), 3, key)
if fate == 1 or fate == 2 and state then
  redis.call('SET', key, state, 'PX', math.max(keep, floor))
elseif fate > 1 and seen then
  redis.call('DEL', key)
end
return {now, allowed, granted, remaining, retry, reset, delay}
