-- All limits of a call are planned before anything is written, and then all are charged, or none.
local op = tonumber(ARGV[2])
local limits, at = {}, 2
for i, key in ipairs(KEYS) do
  local field, numbers = ARGV[at + 3], tonumber(ARGV[at + 2])
  local limit = {
    key = key,
    field = field,
    decide = twins[tonumber(ARGV[at + 1])],
    units = tonumber(ARGV[at + 4]),
    at = at + 4,
    seen = false,
  }
  if field == '' then
    limit.seen = redis.call('GET', key)
  elseif field ~= '*' then
    limit.seen = redis.call('HGET', key, field)
  end
  limits[i], at = limit, at + 4 + numbers
end
local function plan(limit, units)
  return {limit.decide(limit.seen, now, op, units, limit.at, limit.key)}
end

local agreed, fewest = true, math.huge
for _, limit in ipairs(limits) do
  local planned = plan(limit, limit.units)
  if planned[1] < 0 then return {now, -1, -1} end
  agreed = agreed and planned[1] == 1
  fewest = math.min(fewest, planned[2])
  limit.planned = planned
end
if op == 3 then
  -- All take as many as the one that has fewest.
  for _, limit in ipairs(limits) do
    if limit.planned[2] ~= fewest then limit.planned = plan(limit, fewest) end
    if limit.planned[1] < 0 then return {now, -1, fewest} end
  end
end

-- What is to be written into which hash, and for how long.
local hashes = {}
local reply = {now}
for _, limit in ipairs(limits) do
  local planned, key, field = limit.planned, limit.key, limit.field
  local fate, state, keep = planned[7], planned[8], math.max(planned[9] or 0, floor)
  if planned[1] == 1 and not agreed then
    local peek = plan(limit, 0)
    if peek[1] == 1 then planned = peek end
    if fate ~= 2 then fate = 0 end
  end
  if fate == 3 or fate == 2 and not state then
    if field == '' or field == '*' then
      redis.call('DEL', key)
    elseif limit.seen then
      redis.call('HDEL', key, field)
    end
  elseif fate > 0 then
    if field == '' then
      redis.call('SET', key, state, 'PX', keep)
    elseif field == '*' then
      state()
      redis.call('PEXPIRE', key, keep)
    else
      local hash = hashes[key] or {keep = 0, known = false}
      hash[#hash + 1], hash[#hash + 2] = field, state
      hash.keep = math.max(hash.keep, keep)
      hash.known = hash.known or limit.seen
      hashes[key] = hash
    end
  end
  for i = 1, 6 do reply[#reply + 1] = planned[i] end
end
for key, hash in pairs(hashes) do
  redis.call('HSET', key, unpack(hash))
  -- Not sooner than what else is in it wants. One that may be new has no expiry, and `GT` takes that for
  -- the longest.
  if hash.known then
    redis.call('PEXPIRE', key, hash.keep, 'GT')
  elseif redis.call('PTTL', key) < hash.keep then
    redis.call('PEXPIRE', key, hash.keep)
  end
end
return reply
