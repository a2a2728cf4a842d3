-- Asks for one file as a whole.
--   wrk -s whole.lua URL -- PATH

require("report")

local asked

function init(args)
  asked = wrk.format("GET", args[1])
end

function request()
  return asked
end
