#!/usr/bin/env bash
# Makes sure that a Docker Engine answers on this machine and that `docker compose` v2 exists. Says first what it installs
# and starts, does nothing when all is there, and never stops anything that it did not start itself.
#
#   scripts/engine.sh [--for demo]   exit 0: both are there · 3: not possible here, with the next step in a sentence
#   scripts/engine.sh --stop         ends the dockerd that this script started, if it did
#
# DOCKER_HOST=unix://… picks the socket; VIGIE_DOCKERD_FLAGS adds flags to a dockerd that is started here.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly compose_version=v2.40.3
readonly engine_pid=$engine_dir/dockerd.pid engine_log=$engine_dir/dockerd.log

main() {
  case ${1:-} in
    --stop) stop_engine ;;
    '') ensure tests ;;
    --for) ensure "${2:?--for whom?}" ;;
    *) fail "engine.sh: unknown argument $1" ;;
  esac
}

# ensure WHO: WHO is remembered beside a dockerd that we start, so that its owner ends it and nobody else does.
ensure() {
  local_docker
  if engine_answers && compose_answers; then
    return
  fi
  say "engine: makes sure that a Docker Engine answers and that docker compose v2 exists"
  exec 9<"$0" # one at a time
  flock 9
  engine_answers || bring_up_engine "$1"
  compose_answers || install_compose
  say "engine: Docker Engine $(docker version --format '{{.Server.Version}}'), Compose $(docker compose version --short)"
}

compose_answers() {
  case $(docker compose version --short 2>/dev/null) in
    '' | 1.* | v1.*) return 1 ;;
  esac
}

bring_up_engine() {
  refuse_without_rights
  { has dockerd && has docker; } || install_engine
  start_engine "$1"
  engine_answers || fail "Docker was started but does not answer at $DOCKER_HOST. Its last words, from $engine_log:
$(tail -n 5 "$engine_log" 2>/dev/null)"
}

# refuse_without_rights names the reason that applies, because the next step differs.
refuse_without_rights() {
  is_root && return
  local me
  me=$(id -un)
  if [ -S "${DOCKER_HOST#unix://}" ] && ! [ -w "${DOCKER_HOST#unix://}" ]; then
    impossible "A Docker Engine is here, but $me may not use it. Next: sudo usermod -aG docker $me, log in again, and repeat the command."
  fi
  impossible "No Docker Engine answers, and installing or starting one needs root. Next: sudo $root/scripts/engine.sh && sudo usermod -aG docker $me, log in again, and repeat the command."
}

install_engine() {
  local packages=(docker.io iptables)
  is_debian || impossible "No Docker Engine here, and this script installs one only on Debian. Next: https://docs.docker.com/engine/install/ and repeat the command."
  if dpkg-query -W docker-ce-cli >/dev/null 2>&1; then
    packages=(docker-ce containerd.io) # Docker's own packages and Debian's exclude each other
  elif ! has docker && package_known docker-cli; then
    packages+=(docker-cli) # Debian 13 and later split the client off
  fi
  say "engine: installs ${packages[*]} with apt-get (about 250 MB on disk)"
  keep_foreign_client
  apt_install "${packages[@]}"
}

# keep_foreign_client: a client that no package owns is somebody's choice, and Debian's package would overwrite it.
keep_foreign_client() {
  local client=/usr/bin/docker
  if [ -e "$client" ] && ! dpkg-query -S "$client" >/dev/null 2>&1; then
    say "engine: keeps your $client; Debian's goes to $client.debian"
    dpkg-divert --quiet --local --no-rename --divert "$client.debian" --add "$client"
  fi
}

start_engine() {
  if has_systemd && [ "$DOCKER_HOST" = unix:///var/run/docker.sock ]; then
    engine_answers && return # the package has started it
    say "engine: starts the docker service"
    systemctl start docker
  else
    private_dir "$engine_dir"
    say "engine: starts dockerd in the background (log: $engine_log)"
    local flags
    read -r -a flags <<<"${VIGIE_DOCKERD_FLAGS:-}"
    start_process "$engine_pid" "$engine_log" dockerd -H "$DOCKER_HOST" "${flags[@]}"
    say "$1" >"$engine_dir/for"
    [ "$1" = demo ] || say "engine: it keeps running; scripts/engine.sh --stop ends it"
  fi
  wait_until 60 engine_answers_or_died || true
}

engine_answers_or_died() {
  engine_answers || { [ -e "$engine_pid" ] && ! running "$engine_pid"; }
}

# install_compose builds the plugin from the Go module proxy: Debian 12 has only the long dead v1.
# `go install` refuses this module (its go.mod excludes versions), hence the module of our own.
install_compose() {
  local plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins build=$cache_home/compose-$compose_version
  if [ ! -x "$build/docker-compose" ]; then
    has go || impossible "docker compose v2 is missing, and building it needs Go 1.26. Next: put go on the PATH, or install the plugin by hand into $plugins."
    say "engine: builds docker compose $compose_version from the Go module proxy (3 to 10 minutes, once; about 900 MB of build cache)"
    mkdir -p "$build"
    build_compose "$build" >"$build.log" 2>&1 || fail "docker compose could not be built. The end of $build.log:
$(tail -n 5 "$build.log")"
  fi
  say "engine: installs docker compose $compose_version into $plugins"
  install -D "$build/docker-compose" "$plugins/docker-compose"
  compose_answers || fail "docker compose was installed into $plugins, but docker does not find it there"
}

build_compose() (
  cd "$1"
  export GOFLAGS='' GOWORK=off CGO_ENABLED=0
  printf 'module compose\ngo 1.26\n' >go.mod
  go get -tool "github.com/docker/compose/v2/cmd@$compose_version" &&
    go build -trimpath -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$compose_version" \
      -o docker-compose.new github.com/docker/compose/v2/cmd &&
    mv docker-compose.new docker-compose
)

stop_engine() {
  if [ ! -d "$engine_dir" ]; then
    say "engine: nothing to stop, this script started no dockerd"
    return
  fi
  say "engine: stops the dockerd that this script started"
  stop_process "$engine_pid" TERM 60
  remove_private_dir "$engine_dir"
}

main "$@"
