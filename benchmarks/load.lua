-- wrk asks for the lines of a file in turn: an address, and for a POST a body behind a tab.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  lines, place = {}, number * 7919
  for line in io.lines(args[1]) do lines[#lines + 1] = line end
  unique, header, value = args[2] == "unique", args[3], args[4]
  if header then wrk.headers[header] = value end
end

function request()
  place = place + 1
  local address, body = lines[place % #lines + 1]:match("([^\t]*)\t?(.*)")
  if unique then address = address .. (address:find("?", 1, true) and "&" or "?") .. "_=" .. number .. "." .. place end
  if body == "" then return wrk.format("GET", address) end
  return wrk.format("POST", address, {["Content-Type"] = "application/x-www-form-urlencoded"}, body)
end

function done(summary, latency, requests)
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "bytes": %d, "errors": %d, "p50": %d, "p95": %d, "p99": %d}\n',
    summary.requests, summary.duration, summary.bytes,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
