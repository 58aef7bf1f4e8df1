-- A state that only the caller can read, who has read it before and says what is to become of it if it
-- is still the same.
function(seen, now, op, units, at)
  local expected = ARGV[at + 1] == '1' and ARGV[at + 2]
  local granted = tonumber(ARGV[at + 4])
  if seen ~= expected or op == 3 and units < granted then return -1 end
  return tonumber(ARGV[at + 3]), granted, 0, 0, 0, 0, tonumber(ARGV[at + 5]), ARGV[at + 6], tonumber(ARGV[at + 7])
end
