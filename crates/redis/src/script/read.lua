-- The states that only the caller can read, and the time.
local reply = {now}
for i, key in ipairs(KEYS) do
  local field = ARGV[i + 1]
  reply[i + 1] = field == '' and redis.call('GET', key) or field ~= '' and redis.call('HGET', key, field)
end
return reply
