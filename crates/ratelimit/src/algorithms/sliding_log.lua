-- The twin of `SlidingLog::plan` and `commit`. A state is a sorted set of grants, "us:units" by their
-- microsecond, and a member "#" that has the sum of all units as a negative score: what counts is known
-- without reading what counts.
function(_, now, op, units, at, key)
  local limit, period = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  -- Never so low that it meets the sum's.
  local first, last = string.format('(%.0f', math.max(now - period, -1)), now + period
  local ahead = string.format('(%.0f', last)

  local function of(grant)
    local time, many = string.match(grant, '^(%d+):(%d+)$')
    return tonumber(time), tonumber(many)
  end
  local function sum(from, to)
    local all = 0
    for _, grant in ipairs(redis.call('ZRANGEBYSCORE', key, from, to)) do
      local _, many = of(grant)
      all = all + many
    end
    return all
  end
  -- The grant of the unit that is the `nth` of those that count, from the oldest or from the newest.
  local function nth_of(command, from, to, nth)
    local time
    for _, grant in ipairs(redis.call(command, key, from, to, 'LIMIT', 0, nth)) do
      local many
      time, many = of(grant)
      nth = nth - many
      if nth <= 0 then break end
    end
    return time or now
  end

  local total = -tonumber(redis.call('ZSCORE', key, '#') or 0)
  local expired, beyond = 0, 0
  if total > 0 then
    expired, beyond = sum(0, now - period), sum(ahead, '+inf')
  end
  local count = total - expired - beyond
  local free = math.max(limit - count, 0)

  local allowed, granted, retry, add, remove = 1, 0, 0, 0, 0
  if units > 0 then
    if op == 0 then
      if units > limit then
        allowed, retry = 0, -1
      elseif units > free then
        allowed = 0
        retry = nth_of('ZRANGEBYSCORE', first, '+inf', count + units - limit) + period - now
      else
        add = units
      end
    elseif op == 1 then
      add = math.min(units, free)
    elseif op == 2 then
      remove = math.min(units, count)
    elseif op == 3 then
      granted = math.min(units, free)
      add = granted
    else
      add = math.max(math.min(units, limit) - count, 0)
    end
  end

  local left, fate = count + add - remove, 0
  if units > 0 and allowed == 1 then
    fate = left == 0 and 3 or 1
  elseif units > 0 and beyond > 0 then
    fate = 2
  end
  local reset = 0
  if left > 0 then
    if count > 0 then
      reset = nth_of('ZREVRANGEBYSCORE', last, first, remove + 1) + period - now
    end
    if add > 0 then reset = math.max(reset, period) end
  end

  local function write()
    if expired > 0 then redis.call('ZREMRANGEBYSCORE', key, 0, now - period) end
    if beyond > 0 then redis.call('ZREMRANGEBYSCORE', key, ahead, '+inf') end
    if left == 0 then
      redis.call('ZREM', key, '#')
      return
    end
    while remove > 0 do
      local grant = redis.call('ZREVRANGE', key, 0, 0)[1]
      local time, many = of(grant)
      redis.call('ZREM', key, grant)
      if many > remove then
        redis.call('ZADD', key, time, string.format('%.0f:%.0f', time, many - remove))
      end
      remove = remove - many
    end
    if add > 0 then
      -- Grants of one microsecond are one: they come and go together.
      local grant, many = redis.call('ZRANGEBYSCORE', key, now, now)[1], 0
      if grant then
        _, many = of(grant)
        redis.call('ZREM', key, grant)
      end
      redis.call('ZADD', key, now, string.format('%.0f:%.0f', now, many + add))
    end
    redis.call('ZADD', key, -left, '#')
  end
  return allowed, granted, math.max(limit - left, 0), retry, reset, 0, fate, write, math.ceil(reset / 1000)
end
