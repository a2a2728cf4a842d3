-- Asks one file for ranges of one length at random offsets.
--   wrk -s ranges.lua URL -- PATH FILE_BYTES RANGE_BYTES

require("report")

local requests, position = {}, 0

function init(args)
  local file_bytes, range_bytes = tonumber(args[2]), tonumber(args[3])
  math.randomseed(os.time())
  for number = 1, 10000 do
    local first = math.random(0, file_bytes - range_bytes)
    local range = string.format("bytes=%d-%d", first, first + range_bytes - 1)
    requests[number] = wrk.format("GET", args[1], { ["Range"] = range })
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end
