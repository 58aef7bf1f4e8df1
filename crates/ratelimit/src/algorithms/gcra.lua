-- The twin of `Gcra::plan`. A state is when the bucket will be full: "t", or "t:f" with f/den of a
-- microsecond more. A whole one stays a number, which Redis keeps in half the memory.
function(seen, now, op, units, at)
  local num, den, tau = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
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

  -- What fits is never added to what is there before it is known to fit: the sum may be beyond 2^53.
  local free, asked = tau - level, units * num
  local allowed, granted, retry, after = 1, 0, 0, false
  if op == 0 then
    if units > math.floor(tau / num) then
      allowed, retry = 0, -1
    elseif asked > free then
      allowed, retry = 0, math.ceil((asked - free) / den)
    elseif units > 0 then
      after = level + asked
    end
  elseif units > 0 then
    if op == 1 then
      after = asked < free and level + asked or tau
    elseif op == 2 then
      after = math.max(level - asked, 0)
    elseif op == 3 then
      granted = math.min(units, math.floor(free / num))
      after = level + granted * num
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
  local reset = math.ceil(left / den)
  local state = fate ~= 0 and now + math.floor(left / den)
  local part = left % den
  if state and part > 0 then state = string.format('%.0f:%.0f', state, part) end
  return allowed, granted, math.floor((tau - left) / num), retry, reset, 0, fate, state, math.ceil(reset / 1000)
end
