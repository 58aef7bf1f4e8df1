-- The twin of `SlidingWindow::plan`. A state is "start:current:previous".
function(seen, now, op, units, at)
  local limit, period = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local elapsed = now % period
  local start = now - elapsed
  local current, previous, behind, dropped = 0, 0, 0, false
  if seen then
    local begun, ours, before = string.match(seen, '^(%d+):(%d+):(%d+)$')
    begun, ours, before = tonumber(begun), tonumber(ours), tonumber(before)
    if not begun then
      -- Nothing of ours.
    elseif begun == start then
      current, previous = ours, before
    elseif begun - start == period then
      start, current, previous, elapsed, behind = begun, ours, before, 0, begun - now
    elseif begun > start then
      dropped = true
    elseif start - begun == period then
      previous = ours
    end
  end

  -- In units of 1/period, so that weights are whole numbers.
  local function free()
    return math.max(math.max(limit - current, 0) * period - previous * (period - elapsed), 0)
  end
  local function over(room, count)
    return math.max(period - math.floor(room * period / math.max(count, 1)), 0)
  end

  local allowed, granted, retry, fate = 1, 0, 0, 0
  if units > 0 then
    local room = free()
    local most = math.max(limit - current, 0)
    local add
    if op == 0 then
      if units > limit then
        allowed, retry = 0, -1
      elseif units * period > room then
        allowed = 0
        if current + units <= limit then
          retry = behind + math.max(over(limit - current - units, previous) - elapsed, 0)
        else
          retry = behind + period - elapsed + over(limit - units, current)
        end
      else
        add = units
      end
    elseif op == 1 then
      add = math.min(units, most)
    elseif op == 3 then
      granted = math.min(units, math.floor(room / period))
      add = granted
    elseif op == 4 then
      local used = limit - math.min(math.floor(room / period), limit)
      add = math.min(math.max(math.min(units, limit) - used, 0), most)
    end
    if add then
      current = current + add
    elseif op == 2 then
      previous = math.max(previous - math.max(units - current, 0), 0)
      current = math.max(current - units, 0)
    end
    if allowed == 1 then
      fate = current + previous == 0 and 3 or 1
    elseif dropped then
      fate = 2
    end
  end

  local reset = 0
  if current > 0 then
    reset = behind + 2 * period - elapsed
  elseif previous > 0 then
    reset = behind + period - elapsed
  end
  local state = fate == 1 and string.format('%.0f:%.0f:%.0f', start, current, previous)
  return allowed, granted, math.floor(free() / period), retry, reset, 0, fate, state, math.ceil(reset / 1000)
end
