-- Posts one body of JSON again and again.
--   wrk -s post.lua URL -- PATH BODY

require("report")

local asked

function init(args)
  asked = wrk.format("POST", args[1], { ["Content-Type"] = "application/json" }, args[2])
end

function request()
  return asked
end
