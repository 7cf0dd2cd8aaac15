#!/usr/bin/env bash
# Says whether every service of the sample stack is in the state that the demo promises, broken ones included, as a table.
#
#   demo/check.sh [SECONDS]   waits up to SECONDS (default 0) for it; exit 1 when something differs
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

readonly format='{{.Name}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.RestartCount}}'

# container, what it has to be: a shell pattern over «status health exit-code oom-killed restarts»
readonly expected='
javisi_postgresql       running healthy *              a real PostgreSQL
javisi_redis            running healthy *              a real Redis
javisi_qdrant           running healthy *              fine
javisi_caddy            running healthy *              fine, its check proves nothing
javisi_socket_proxy     running healthy *              fine
javisi_n8n_init         exited - 0 false 0             a job that ended well
javisi_n8n              running healthy *              fine, a newer version waits
javisi_litellm          running healthy *              fine, a bad newer version waits
javisi_openclaw         restarting * 137 true [1-9]*   killed: out of memory
javisi_openclaw_lab     running healthy *              fine, somebody waits to talk to it
javisi_nocodb           restarting * 1 false [1-9]*    refuses its configuration
javisi_firefly          running healthy *              fine
javisi_grafana          running unhealthy *            answers 503
javisi_loki             running healthy *              fine
javisi_victoriametrics  running healthy *              fine
javisi_alloy            running healthy *              fine, its check proves nothing
javisi_diun             running healthy *              fine, its check proves nothing
javisi_metube           absent                         off by design'

declare -A found wanted reached

main() {
  local_docker
  engine_answers || fail "no Docker Engine answers at $DOCKER_HOST"
  local container rest
  while read -r container rest; do
    [ -z "$container" ] || wanted[$container]=${rest%%   *}
  done <<<"$expected"
  wait_until "${1:-0}" all_reached || true
  report
}

# all_reached looks once. A crash loop is seldom caught twice in the same state: what was seen once counts.
all_reached() {
  local container state all=true
  found=()
  while read -r container state; do
    [ -z "$container" ] || found[${container#/}]=$state
  done < <(docker inspect --type container --format "$format" "${!wanted[@]}" 2>/dev/null)
  for container in "${!wanted[@]}"; do
    # shellcheck disable=SC2053 # the right side is a pattern
    if [[ ${found[$container]:-absent} == ${wanted[$container]} ]]; then
      reached[$container]=true
    elif [ -z "${reached[$container]:-}" ]; then
      all=false
    fi
  done
  $all
}

report() {
  local container rest mark status health code differs=0
  printf '%-24s %-26s %-4s %s\n' CONTAINER STATE '' 'ON PURPOSE'
  while read -r container rest; do
    [ -n "$container" ] || continue
    read -r status health code _ <<<"${found[$container]:-absent}"
    case $status in
      running) status="running, ${health:-}" ;;
      restarting | exited) status="$status ($code)" ;;
    esac
    mark=ok
    if [ -z "${reached[$container]:-}" ]; then
      mark='no'
      differs=$((differs + 1))
    fi
    printf '%-24s %-26s %-4s %s\n' "$container" "$status" "$mark" "${rest##*   }"
  done <<<"$expected"
  data 'workflows in PostgreSQL' 61 psql_in n8n 'SELECT count(*) FROM workflow_entity'
  data 'spend rows in PostgreSQL' 4000 psql_in litellm 'SELECT count(*) FROM "LiteLLM_SpendLogs"'
  data 'waiting jobs in Redis' 3 redis_in LLEN bull:jobs:wait
  data 'scored models' 4 psql_in n8n 'SELECT count(*) FROM model_scores'
  if [ -e "$demo_dir/pids/bot" ]; then beside; fi
  [ "$differs" = 0 ] || fail "$differs of the sample stack differ from what a fresh demo shows"
}

# data WHAT COUNT COMMAND… compares a count in a real database.
data() {
  local what=$1 want=$2 got mark=ok
  shift 2
  got=$("$@" 2>/dev/null) || got=unreadable
  if [ "$got" != "$want" ]; then
    mark='no'
    differs=$((differs + 1))
  fi
  printf '%-24s %-26s %-4s\n' "$what" "$got" "$mark"
}
# beside looks at what `up` adds to the stack, as the bot asks it: over ssh through the guard, in a container, over HTTP.
beside() {
  local key=$demo_dir/pi/key port
  port=$(sed -n 's/^Port //p' "$demo_dir/pi/sshd_config")
  data 'the pi, through its guard' active over_ssh "systemctl show '--property=LoadState,ActiveState,SubState,Result,InvocationID,ActiveEnterTimestampMonotonic' -- caddy-workstation.service"
  data 'a shell on the pi' refused over_ssh sh -c id
  data 'agents of OpenClaw' 4 agents
  data 'n8n lets nobody in' 401 status n8n /api/v1/workflows
  data 'Qdrant lets nobody in' 401 status qdrant /collections
  data 'LiteLLM lets nobody in' 401 status litellm /v1/models
}
# over_ssh COMMAND… prints the state of a unit, or that the command is refused.
over_ssh() {
  local out
  out=$(ssh -n -F none -i "$key" -p "$port" -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=5 -o "UserKnownHostsFile=$demo_dir/pi/known_hosts" \
    "$(id -un)@127.0.0.1" "$@" 2>&1) || true
  case $out in
    *ActiveState=*) sed -n 's/^ActiveState=//p' <<<"$out" ;;
    *'not allowed by this machine'*) say refused ;;
    *) say unreadable ;;
  esac
}
agents() { docker exec javisi_openclaw_lab openclaw agents list --json | grep -c '"id"'; }
# status TABLE PATH prints how the server of that table of the configuration answers somebody without its key.
status() {
  local port line
  port=$(sed -n "/^\[$1\]/,/^url/s|^url = .*:\([0-9]*\)\"|\1|p" "$demo_dir/vigie.toml")
  read -r line < <(http_get "$port" "$2")
  cut -d' ' -f2 <<<"$line"
}
psql_in() { docker exec javisi_postgresql psql -U postgres -d "$1" -Atc "$2"; }
# shellcheck disable=SC2016 # the container's shell expands it
redis_in() { docker exec javisi_redis sh -c 'REDISCLI_AUTH=$REDIS_PASSWORD redis-cli "$@"' sh "$@"; }

main "$@"
