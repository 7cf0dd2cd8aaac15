#!/usr/bin/env bash
# Proves the demo on this machine: up from nothing, every service in the state it should be in, the bot killed and started again,
# and after `down` nothing left of it: no container, network, volume, image, process or file.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

cd "$root"
local_docker
[ -z "$(docker ps --all --quiet --filter label=vigie.demo=1)" ] || fail "A demo is up, and this test needs the place. Next: make demo-down"
VIGIE_DEMO_DIR=$(mktemp -d)
export VIGIE_DEMO_DIR

# left prints what exists of a demo.
left() {
  docker ps --all --filter label=vigie.demo=1 --format 'container {{.Names}}'
  docker network ls --filter label=vigie.demo=1 --format 'network {{.Name}}'
  docker volume ls --filter label=vigie.demo=1 --format 'volume {{.Name}}'
  docker image ls --filter 'reference=127.0.0.1:5055/javisi/*' --format 'image {{.Repository}}:{{.Tag}}'
  docker image ls --filter label=vigie.demo.content --format 'image {{.Repository}}:{{.Tag}} {{.ID}}'
  grep -lsa "$VIGIE_DEMO_DIR/[bp]i[ni]*/" /proc/[0-9]*/cmdline | sed 's/^/process /' || true
  [ ! -e "$VIGIE_DEMO_DIR" ] || say "directory $VIGIE_DEMO_DIR"
}

trap 'demo/demo.sh down || true' EXIT
demo/demo.sh up
demo/check.sh 60
demo/demo.sh kill-bot
demo/demo.sh bot
demo/demo.sh down
trap - EXIT
rest=$(left)
[ -z "$rest" ] || fail "demo-down left behind:
$rest"
