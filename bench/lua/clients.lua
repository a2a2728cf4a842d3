-- Asks the paths of a file, each request from another of so many client addresses, told in the header
-- of a trusted proxy. Everything is made before the clock runs, so that wrk has little to do besides.
--   wrk -s clients.lua URL -- FILE ADDRESSES

require("report")

local requests, position = {}, 0

local function address(number)
  return string.format("10.%d.%d.%d", math.floor(number / 10000), math.floor(number / 100) % 100,
    number % 100)
end

function init(args)
  local paths, addresses = {}, tonumber(args[2])
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  for number = 1, math.max(addresses, #paths) do
    local path = paths[(number - 1) % #paths + 1]
    local headers = { ["X-Forwarded-For"] = address((number - 1) % addresses) }
    requests[number] = wrk.format("GET", path, headers)
  end
  math.randomseed(os.time())
  -- Shuffled, and walked through: in any minute each address asks about as often as any other.
  for number = #requests, 2, -1 do
    local other = math.random(number)
    requests[number], requests[other] = requests[other], requests[number]
  end
  position = math.random(#requests)
end

function request()
  position = position % #requests + 1
  return requests[position]
end
