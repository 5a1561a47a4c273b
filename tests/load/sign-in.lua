-- Sign-ins for wrk, every user in turn: wrk … -s sign-in.lua URL -- USERS FIRST
-- FIRST is the user to begin with, so that one run goes on where another ended.
-- Prints one line at the end: RESULT requests microseconds p50 p99 errors (times in microseconds).

local requests, turn = {}, 0

function init(args)
  local users, first = tonumber(args[1]), tonumber(args[2])
  for nth = 1, users do
    local name = string.format("user-%05d", nth)
    requests[nth] = wrk.format("GET", "/api/auth/oauth2Proxy/refresh", {
      ["Host"] = wrk.headers["Host"],
      ["X-Forwarded-User"] = name,
      ["X-Forwarded-Preferred-Username"] = name,
      ["X-Forwarded-Email"] = name .. "@example.com",
      ["Accept"] = "*/*",
      ["User-Agent"] = "wrk",
    })
  end
  turn = (first - 1) % users
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors))
end
