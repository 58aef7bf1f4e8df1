local key = KEYS[1]
local allowed, granted, remaining, retry, reset, delay, fate, write, keep =
  decide(false, now, tonumber(ARGV[2]), tonumber(ARGV[3]), 3, key)
if fate == 3 then
  redis.call('DEL', key)
elseif fate > 0 then
  write()
  redis.call('PEXPIRE', key, math.max(keep, floor))
end
return {now, allowed, granted, remaining, retry, reset, delay}
