local now, floor = tonumber(ARGV[1]), 86400000
if now == 0 then
  local time = redis.call('TIME')
  now, floor = time[1] * 1000000 + time[2], 1
end
