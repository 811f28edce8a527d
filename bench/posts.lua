-- wrk: POST a fact as one of many users, each request with a client id of its own.
-- BENCH_USERS names a file with a line "token habit_id" for each habit, BENCH_DAYS holds instants to log at,
-- BENCH_RUN makes the client ids of a run new. The last line printed is for a program:
-- measured <answers> <seconds> <not 201> <failed or too late> <p50 in microseconds> <p99 in microseconds>
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
  thread:set("thread_number", #threads)
end

local users, days, count = {}, {}, 0
wrong = 0

function init(_)
  for line in io.lines(os.getenv("BENCH_USERS")) do
    local token, habit = line:match("^(%S+) (%S+)$")
    users[#users + 1] = {
      path = "/api/habits/" .. habit .. "/logs",
      headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" },
    }
  end
  for day in os.getenv("BENCH_DAYS"):gmatch("%S+") do days[#days + 1] = day end
  prefix = os.getenv("BENCH_RUN") .. "-" .. thread_number .. "-"
end

function request()
  count = count + 1
  local user = users[count % #users + 1]
  local day = days[math.floor(count / #users) % #days + 1]
  local body = '{"logged_at":"' .. day .. '","time_zone":"UTC","client_id":"' .. prefix .. count .. '"}'
  return wrk.format("POST", user.path, user.headers, body)
end

function response(status, _, _)
  if status ~= 201 then wrong = wrong + 1 end
end

function done(summary, latency, _)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("wrong") end
  local errors = summary.errors
  io.write(string.format("measured %d %.6f %d %d %d %d\n", summary.requests, summary.duration / 1e6,
    refused, errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
