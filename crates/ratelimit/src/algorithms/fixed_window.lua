-- The twin of `FixedWindow::plan`. A state is "start:count".
function(seen, now, op, units, at)
  local limit, period = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local from_first = ARGV[at + 3] == '1'
  local start, count, dropped = from_first and now or now - now % period, 0, false
  if seen then
    local begun, counted = string.match(seen, '^(%d+):(%d+)$')
    begun, counted = tonumber(begun), tonumber(counted)
    if begun and counted > 0 then
      local kept
      if from_first then
        kept = now - begun < period and begun - now <= period
      else
        kept = begun == start or begun - start == period
      end
      if kept then
        start, count = begun, counted
      else
        dropped = begun > now
      end
    end
  end

  local ends = start + period - now
  local free = math.max(limit - count, 0)
  local allowed, granted, retry, after = 1, 0, 0, false
  if units > 0 then
    if op == 0 then
      if units > limit then
        allowed, retry = 0, -1
      elseif units > free then
        allowed, retry = 0, ends
      else
        after = count + units
      end
    elseif op == 1 then
      after = count + math.min(units, free)
    elseif op == 2 then
      after = math.max(count - units, 0)
    elseif op == 3 then
      granted = math.min(units, free)
      after = count + granted
    else
      after = math.max(count, math.min(units, limit))
    end
  end

  local fate, state, left = 0, false, after or count
  if after then
    fate = after == 0 and 3 or 1
    state = string.format('%.0f:%.0f', start, after)
  elseif dropped and units > 0 then
    fate = 2
  end
  local reset = left > 0 and ends or 0
  return allowed, granted, math.max(limit - left, 0), retry, reset, 0, fate, state, math.ceil(ends / 1000)
end
