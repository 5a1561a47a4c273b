#!/usr/bin/env bash
# Whole servers under load on this machine: stagedoor, the floor (the same server with the rule in native Rust), and the real Backstage.
#
#   tests/load/run.sh             compare: requests, times, CPU and memory at 1, 16 and 64 connections
#   tests/load/run.sh flat        CPU of a sign-in with 1,000, 10,000 and 100,000 users in the catalog
#   tests/load/run.sh catalog     CPU of a sign-in at 16 connections: Backstage and stagedoor over one catalog of HTTP, with and without the cache,
#                             and over files. Needs BACKSTAGE
#   tests/load/run.sh soak        200,000 sign-ins at 64 connections: errors, and memory before and after
#   tests/load/run.sh ready       milliseconds from the start to the first answer of the readiness probe, compile cache warm
#   tests/load/run.sh rss         memory under load with 1,000 users
#
# Needs Linux, wrk and curl. Environment, with defaults: USERS=10000 ROUNDS=5 TIME=3 (seconds a round) CONNECTIONS='1 16 64' PORT=7171 (and the
# three above it), BACKSTAGE= (a folder with the files of tests/backstage and their node_modules, such as
# target/debug/test-backstage, which the tests make), COUNT=200000 (soak).
# CPU is user and system time of the process from /proc. Servers stay up and are driven in turn, so that each round is a fair pair.
set -euo pipefail
cd "$(dirname "$0")/../.."
mode=${1:-compare}
ROUNDS=${ROUNDS:-5} TIME=${TIME:-3} PORT=${PORT:-7171} BACKSTAGE=${BACKSTAGE:-} COUNT=${COUNT:-200000}
case $mode in compare | catalog | soak) USERS=${USERS:-10000} ;; ready | rss) USERS=${USERS:-1000} ;; flat) ;; *) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2 ;; esac
CONNECTIONS=${CONNECTIONS:-1 16 64}

catalog_port=$((PORT + 9))

[ -r /proc/self/stat ] || { echo "this script reads /proc: it runs on Linux only" >&2; exit 1; }
for tool in wrk curl; do
  command -v $tool >/dev/null || { echo "$tool is missing: sudo apt-get install wrk curl" >&2; exit 1; }
done
cargo build --release --locked -p stagedoor -p stagedoor-tests --bins
bin=${CARGO_TARGET_DIR:-target}/release
bin=$(cd "$bin" && pwd)
load=$PWD/tests/load
work=$(mktemp -d)
ticks=$(getconf CLK_TCK)
declare -A pid url driven log
trap 'trap - EXIT; stop_all; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

stop_all() {
  local name
  for name in "${!pid[@]}"; do stop "$name"; done
}

stop() { # name
  kill -TERM "${pid[$1]}" 2>/dev/null || true
  for _ in $(seq 100); do kill -0 "${pid[$1]}" 2>/dev/null || break; sleep 0.05; done
  kill -KILL "${pid[$1]}" 2>/dev/null || true
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}

# Waits until a server says that it is ready.
ready() { # name
  for _ in $(seq 2000); do
    kill -0 "${pid[$1]}" 2>/dev/null || { echo "$1 ended:" >&2; tail -5 "${log[$1]}" >&2; exit 1; }
    curl -sf -o /dev/null --max-time 60 "${url[$1]}/.backstage/health/v1/readiness" && return
    sleep 0.005
  done
  echo "$1 did not become ready" >&2
  exit 1
}

catalog() { [ -f "$work/$1.yaml" ] || "$bin/organisation" "$1" > "$work/$1.yaml"; } # users

configure() { # name port users, further keys of stagedoor
  catalog "$3"
  url[$1]=http://127.0.0.1:$2 log[$1]=$work/$1.log driven[$1]=0
  cat > "$work/$1.app-config.yaml" <<YAML
backend:
  baseUrl: 'http://127.0.0.1:$2'
  lifecycle: { serverShutdownDelay: 0 s }
  database: { client: better-sqlite3, connection: ${DATABASE:-':memory:'} }
auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }
catalog: { locations: [{ type: file, target: $work/$3.yaml }] }
stagedoor: { listen: '127.0.0.1:$2', stateDir: $work/state${4:+, $4} }
YAML
}

start() { # name command…
  local name=$1
  shift
  "$@" >> "${log[$name]}" 2>&1 < /dev/null &
  pid[$name]=$!
}

stagedoor() { configure "$1" "$2" "$3"; start "$1" "$bin/stagedoor" serve --config "$work/$1.app-config.yaml"; ready "$1"; } # name port users
# The same, but users are looked up in the stub of a catalog that `backstage` has started.
stagedoor_over_http() { # name port users, keys of the cache
  configure "$1" "$2" "$3" "catalog: { source: backstage, cache: { $4 } }"
  echo "discovery: { endpoints: [{ target: 'http://127.0.0.1:$catalog_port/api/{{pluginId}}', plugins: [catalog] }] }" >> "$work/$1.app-config.yaml"
  start "$1" "$bin/stagedoor" serve --config "$work/$1.app-config.yaml"
  ready "$1"
}
floor() { configure "$1" "$2" "$3"; start "$1" "$bin/floor" "$work/$1.app-config.yaml"; ready "$1"; } # name port users

backstage() { # name port users; only auth, and a catalog that answers at once
  catalog "$3"
  url[$1]=http://127.0.0.1:$2 log[$1]=$work/$1.log driven[$1]=0 log[stub]=$work/stub.log
  start stub "$bin/stub-catalog" "$work/$3.yaml" "$catalog_port"
  cat > "$work/$1.app-config.yaml" <<YAML
app: { title: load, baseUrl: 'http://localhost:3000' }
organization: { name: load }
backend: { baseUrl: 'http://127.0.0.1:$2', listen: { host: 127.0.0.1, port: $2 }, database: { client: better-sqlite3, connection: ':memory:' } }
discovery: { endpoints: [{ target: 'http://127.0.0.1:$catalog_port/api/{{pluginId}}', plugins: [catalog] }] }
auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }
YAML
  (cd "$BACKSTAGE" && exec env NODE_ENV=production LOG_LEVEL=info node auth.js --config "$work/$1.app-config.yaml") > "${log[$1]}" 2>&1 < /dev/null &
  pid[$1]=$!
  ready "$1"
}

cpu_us() { awk -v hz="$ticks" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000000 / hz) }' "/proc/${pid[$1]}/stat"; } # name
memory() { awk -v key="$2:" '$1 == key { printf "%.1f", $2 / 1024 }' "/proc/${pid[$1]}/status"; }                     # name VmRSS|VmHWM

# One run of wrk. Prints: name connections requests us p50 p99 errors cpu-us rss-MB
drive() { # name connections seconds users
  local before after result
  before=$(cpu_us "$1")
  result=$(wrk -t1 "-c$2" "-d$3s" --timeout 10s -s "$load/sign-in.lua" "${url[$1]}" -- "$4" $((driven[$1] + 1)) | sed -n 's/^RESULT //p')
  after=$(cpu_us "$1")
  echo "$1 $2 $result $((after - before)) $(memory "$1" VmRSS)"
  truncate -s 0 "${log[$1]}"
}

# The same, counted and written down; any error ends the script.
measure() { # name connections seconds users
  local line
  line=$(drive "$@")
  set -- $line
  driven[$1]=$((driven[$1] + $3))
  [ "$7" = 0 ] || { echo "$1: $7 errors in $3 sign-ins" >&2; exit 1; }
  echo "$line" >> "$work/results"
}

# Signs every user in once, so that no measurement is anybody's first time. At most ten runs.
warm() { # name users
  for _ in $(seq 10); do
    measure "$1" 16 2 "$2"
    [ "${driven[$1]}" -lt "$2" ] || return 0
  done
}

machine() {
  echo "$(nproc) cores $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), Linux $(uname -r), $(date -u +%F), load before $(cut -d' ' -f1 /proc/loadavg)"
}

table() { awk -v reference="$1" -f "$load/table.awk" "$work/results"; } # the row that ratios refer to

rounds() { # connections users name…
  local c=$1 users=$2 name
  shift 2
  for _ in $(seq "$ROUNDS"); do
    for name in "$@"; do measure "$name" "$c" "$TIME" "$users"; done
  done
}

case $mode in
compare)
  servers=(floor stagedoor)
  floor floor "$PORT" "$USERS"
  stagedoor stagedoor $((PORT + 1)) "$USERS"
  [ -z "$BACKSTAGE" ] || { BACKSTAGE=$(cd "$BACKSTAGE" && pwd); backstage backstage $((PORT + 2)) "$USERS"; servers+=(backstage); }
  echo "$(machine); $USERS users, medians of $ROUNDS rounds of $TIME s"
  for name in "${servers[@]}"; do warm "$name" "$USERS"; done
  rm "$work/results"
  for c in $CONNECTIONS; do rounds "$c" "$USERS" "${servers[@]}"; done
  table floor
  ;;
catalog)
  [ -n "$BACKSTAGE" ] || { echo "BACKSTAGE must name the real one, such as target/debug/test-backstage: it is what the others are compared with" >&2; exit 2; }
  BACKSTAGE=$(cd "$BACKSTAGE" && pwd)
  backstage backstage "$PORT" "$USERS"
  stagedoor_over_http uncached $((PORT + 1)) "$USERS" 'ttl: 0'
  stagedoor_over_http cached $((PORT + 2)) "$USERS" "ttl: 1 hour, entries: $((USERS * 2))"
  stagedoor files $((PORT + 3)) "$USERS"
  echo "$(machine); $USERS users, medians of $ROUNDS rounds of $TIME s; every server is its own process, and the catalog's is not counted"
  for name in backstage uncached cached files; do warm "$name" "$USERS"; done
  rm "$work/results"
  rounds 16 "$USERS" backstage uncached cached files
  for reference in backstage files; do table $reference; done
  ;;
flat)
  echo "$(machine); medians of $ROUNDS rounds of $TIME s, 16 connections"
  for users in 1000 10000 100000; do
    stagedoor "$users-users" "$PORT" "$users"
    PORT=$((PORT + 1))
    warm "$users-users" "$users"
  done
  rm "$work/results"
  for _ in $(seq "$ROUNDS"); do
    for users in 1000 10000 100000; do measure "$users-users" 16 "$TIME" "$users"; done
  done
  table 1000-users
  ;;
soak)
  stagedoor stagedoor "$PORT" "$USERS"
  warm stagedoor "$USERS"
  echo "$(machine); $USERS users, 64 connections"
  echo "before: RSS $(memory stagedoor VmRSS) MB"
  until=$((driven[stagedoor] + COUNT)) since=${driven[stagedoor]}
  while [ "${driven[stagedoor]}" -lt "$until" ]; do
    measure stagedoor 64 2 "$USERS"
    echo "after $((driven[stagedoor] - since)) sign-ins: RSS $(memory stagedoor VmRSS) MB, no error"
  done
  ;;
rss)
  stagedoor stagedoor "$PORT" "$USERS"
  echo "$(machine); $USERS users"
  echo "idle: RSS $(memory stagedoor VmRSS) MB"
  for c in 16 64; do
    for _ in $(seq "$ROUNDS"); do measure stagedoor "$c" "$TIME" "$USERS"; done
    echo "$c connections: RSS $(memory stagedoor VmRSS) MB, at most $(memory stagedoor VmHWM) MB"
  done
  ;;
ready)
  echo "$(machine); $USERS users; milliseconds from the start to the first answer of the readiness probe"
  for round in $(seq 0 "$ROUNDS"); do
    since=$(date +%s%N)
    stagedoor stagedoor "$PORT" "$USERS"
    took=$((($(date +%s%N) - since) / 1000000))
    stop stagedoor
    # The first one compiles.
    [ "$round" = 0 ] && echo "cold compile cache: $took ms" || echo "warm: $took ms"
  done
  ;;
esac
