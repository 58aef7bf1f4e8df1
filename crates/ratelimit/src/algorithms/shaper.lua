-- The twin of `Shaper::plan`, over the same states as a bucket's. What stands in the queue without a
-- place of its own is known to the instance that it left, and to no other.
function(seen, now, op, units, at)
  local num, den = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  -- What goes at once, and that with what waits.
  local one, tau = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local level, beyond = 0, false
  if seen then
    local full, part = tonumber(seen), 0
    if not full then
      full, part = string.match(seen, '^(%d+):(%d+)$')
      full, part = tonumber(full), tonumber(part)
    end
    if full and full >= now then
      level = (full - now) * den + math.min(part, den - 1)
      beyond = level > tau
      if beyond then level = tau end
    end
  end

  local free, asked = tau - level, units * num
  local allowed, granted, retry, delay, after = 1, 0, 0, 0, false
  if op == 0 then
    if units > math.floor(tau / num) then
      allowed, retry = 0, -1
    elseif asked > free then
      allowed, retry = 0, math.ceil((asked - free) / den)
    elseif units > 0 then
      after = level + asked
      delay = math.ceil(math.max(after - one, 0) / den)
    end
  elseif op == 3 then
    granted = math.min(units, math.floor(math.max(one - level, 0) / num))
    if granted > 0 then after = level + granted * num end
  elseif units > 0 then
    if op == 1 then
      after = asked < free and level + asked or tau
    elseif op == 2 then
      after = math.max(level - asked, 0)
    else
      after = math.max(level, math.min(asked, tau))
    end
  end

  local fate, left = 0, after or level
  if after then
    fate = after == 0 and 3 or 1
  elseif beyond and units > 0 then
    fate = 2
  end
  local remaining = math.floor(math.max(one - left, 0) / num)
  local reset = math.ceil(left / den)
  local state = fate ~= 0 and now + math.floor(left / den)
  local part = left % den
  if state and part > 0 then state = string.format('%.0f:%.0f', state, part) end
  return allowed, granted, remaining, retry, reset, delay, fate, state, math.ceil(reset / 1000)
end
