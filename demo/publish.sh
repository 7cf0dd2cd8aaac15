#!/usr/bin/env bash
# Gives every service of the sample stack an image of its own, as a registry would: built from vigie-demo/*, pushed to the
# demo's registry on loopback, and known here by the name that the compose files use.
#
# Three tags called «stable» have moved on in the registry since they were pulled here, so that /pull and /update do something:
# nocodb and n8n get a version that works, litellm one that never becomes healthy.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

readonly registry=127.0.0.1:5055/javisi context=$demo_dir/publish

main() {
  local_docker
  mkdir -p "$context"
  cp "$demo_dir/bin/openclaw" "$context/openclaw"
  local row jobs=() job
  while read -r -a row; do
    publish "${row[@]}" </dev/null &
    jobs+=($!)
  done <<'TABLE'
postgresql       15.18     postgresql:15  15.18      5432   -
redis            7.0.15    redis:7        7.0.15     6379   -
qdrant           1.18.1    svc:1          1.18.1     6333   /healthz
caddy            2.11.3    svc:1          2.11.3     80     /health
socket-proxy     0.4.2     svc:1          0.4.2      2375   /_ping
n8n-init         2.30.7    oneshot:1      2.30.7     -      -
n8n              stable    svc:1          2.30.7     5678   /healthz            svc:2    2.31.0
litellm          stable    svc:1          1.83.3     4000   /health/readiness   svc:bad  1.84.0
openclaw         2026.6.1  svc:1          2026.6.1   18789  /healthz
openclaw-lab     2026.6.1  svc:1          2026.6.1   18789  /healthz
nocodb           stable    svc:1          0.258.0    8080   /api/v1/health      svc:2    0.261.4
firefly-iii      6.2.21    svc:1          6.2.21     8080   /health
grafana          12.1.0    svc:1          12.1.0     3000   /api/health
loki             3.5.3     svc:1          3.5.3      3100   /ready
victoriametrics  1.122.0   svc:1          1.122.0    8428   /health
alloy            1.10.1    svc:1          1.10.1     12345  /-/ready
diun             4.30.0    svc:1          4.30.0     8080   /health
metube           2026.8.2  svc:1          2026.8.2   8081   /
TABLE
  for job in "${jobs[@]}"; do wait "$job"; done
}

# publish NAME TAG BASE VERSION PORT HEALTH_PATH [NEWER_BASE NEWER_VERSION]
publish() {
  build "${@:1:6}"
  push "$1" "$2"
  [ $# = 6 ] || move_on "$1" "$2" "$7" "$8" "$5" "$6"
}

# build NAME TAG BASE VERSION PORT HEALTH_PATH makes the service's own image: the base, and what tells it apart.
build() {
  local program=
  [ "$1" != openclaw-lab ] || program='COPY openclaw /bin/openclaw' # a stand-in for OpenClaw's own program
  docker build --quiet --tag "$registry/$1:$2" --file - "$context" >"$demo_dir/logs/publish-$1.log" 2>&1 <<DOCKERFILE || fail "$1 could not be built: $(cat "$demo_dir/logs/publish-$1.log")"
FROM vigie-demo/$3
LABEL org.opencontainers.image.title=$1 org.opencontainers.image.version=$4
ENV SVC=$1 APP_VERSION=$4 PORT=$5 HEALTH_PATH=$6
$program
DOCKERFILE
}

push() {
  docker push --quiet "$registry/$1:$2" >"$demo_dir/logs/publish-$1.log" 2>&1 ||
    fail "$1 could not be pushed to the demo's registry: $(cat "$demo_dir/logs/publish-$1.log")"
}

# move_on NAME TAG BASE VERSION PORT HEALTH_PATH: the registry's tag becomes the newer version, ours stays where it is.
move_on() {
  local here=$registry/$1:$2 ours newer
  ours=$(docker image inspect --format '{{.Id}}' "$here")
  build "$@"
  newer=$(docker image inspect --format '{{.Id}}' "$here")
  push "$1" "$2"
  docker tag "$ours" "$here"
  docker image rm "$newer" >/dev/null 2>&1 || true # it stays when a service was updated to it already
}

main
