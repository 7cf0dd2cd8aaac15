# shellcheck shell=bash
# Shared by the scripts of this repository: sentences, state directories, processes that we start, and the Docker endpoint.
# It is sourced, never run, and changes nothing by itself.
# shellcheck disable=SC2034 # the scripts that source it use the variables

readonly NOT_POSSIBLE=3 # exit code: this machine, or this user's rights, do not allow it; the sentence above it says what to do

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state_home=${XDG_STATE_HOME:-$HOME/.local/state}
cache_home=${XDG_CACHE_HOME:-$HOME/.cache}/vigie
engine_dir=${VIGIE_ENGINE_DIR:-$state_home/vigie-engine}
demo_dir=${VIGIE_DEMO_DIR:-$state_home/vigie-demo}

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
fail() {
  warn "$*"
  exit 1
}
impossible() {
  warn "$*"
  exit "$NOT_POSSIBLE"
}

has() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }
is_debian() { [ -e /etc/debian_version ] && has apt-get; }
has_systemd() { [ -d /run/systemd/system ]; }

# private_dir DIR makes a directory that only its owner may enter. The marker lets remove_private_dir refuse a directory that is not ours.
private_dir() {
  if [ -d "$1" ] && [ ! -e "$1/.vigie" ] && [ -n "$(ls -A "$1")" ]; then
    fail "$1 exists and was not made by Vigie: choose another directory, nothing was changed"
  fi
  (umask 077 && mkdir -p "$1" && touch "$1/.vigie")
  chmod 700 "$1"
}

remove_private_dir() {
  [ -d "$1" ] || return 0
  [ -e "$1/.vigie" ] || fail "$1 was not made by Vigie: left alone"
  rm -rf -- "$1"
}

# birth PID prints the kernel's start time of a process, so that a recycled pid is never taken for ours.
birth() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) } # the name in parentheses may hold spaces
  # shellcheck disable=SC2086
  set -- $stat
  [ "$1" != Z ] || return 1
  say "${20}"
}

# running PIDFILE: is the process that PIDFILE names still the one we started?
running() {
  local pid born
  [ -s "$1" ] && read -r pid born <"$1" && [ "$(birth "$pid")" = "$born" ]
}

# start_process PIDFILE LOG COMMAND…: in the background, in its own session, detached from our terminal and locks.
start_process() {
  local pidfile=$1 log=$2 pid
  shift 2
  setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
  pid=$!
  disown
  say "$pid $(birth "$pid" || say 0)" >"$pidfile"
}

# stop_process PIDFILE [SIGNAL] [SECONDS]: ends what start_process started, by force after SECONDS.
stop_process() {
  local pidfile=$1 signal=${2:-TERM} patience=${3:-20} pid
  if running "$pidfile"; then
    read -r pid _ <"$pidfile"
    kill -s "$signal" "$pid" 2>/dev/null || true
    wait_until "$patience" not_running "$pidfile" || kill -s KILL "$pid" 2>/dev/null || true
    wait_until 5 not_running "$pidfile" || fail "process $pid of $pidfile does not end"
  fi
  rm -f "$pidfile"
}
not_running() { ! running "$1"; }

# wait_until SECONDS COMMAND…: polls ten times a second until COMMAND succeeds.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# port_taken PORT: does something listen on this loopback port?
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# http_get PORT PATH prints the whole answer of http://127.0.0.1:PORT/PATH, or nothing. Needs no curl.
http_get() (
  exec 2>/dev/null
  exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 0
  printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
  timeout 5 cat <&3
)

http_ok() { [[ $(http_get "$@") == HTTP/1.?\ 200\ * ]]; }

# local_docker points every docker command of the script at one Engine on this machine, or ends it.
# A context or DOCKER_HOST that names another machine is often production: nothing here may ever run there.
local_docker() {
  local endpoint=${DOCKER_HOST:-}
  if [ -z "$endpoint" ] && has docker; then
    endpoint=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || true)
  fi
  endpoint=${endpoint:-unix:///var/run/docker.sock}
  case $endpoint in
    unix://*) ;;
    *) impossible "Docker commands here go to $endpoint, another machine. Unset DOCKER_HOST or run: docker context use default. Nothing was done." ;;
  esac
  export DOCKER_HOST=$endpoint
  unset DOCKER_CONTEXT
}

engine_answers() { has docker && docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# apt_install PACKAGE…: one call, no recommended extras, removes nothing, and starts no service but Docker's under systemd:
# a database server that appears on the host is not what somebody who tries a demo asked for.
apt_install() {
  local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d made=() log rc=0
  is_root || impossible "Installing $* needs root. Next: sudo apt-get install --no-install-recommends $*"
  is_debian || impossible "Only Debian's packages are known here. Next: install, by your system's means: $*"
  if [ ! -e "$policy" ] && ! { has_systemd && [[ " $* " == *" docker"* ]]; }; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made+=("$policy")
  fi
  if [ ! -e "$clusters/vigie.conf" ]; then
    mkdir -p "$clusters"
    say 'create_main_cluster = false' >"$clusters/vigie.conf"
    made+=("$clusters/vigie.conf")
  fi
  log=$(mktemp)
  apt_run "$@" >"$log" 2>&1 || rc=$?
  rm -f -- "${made[@]}"
  rmdir "$clusters" "${clusters%/*}" 2>/dev/null || true
  [ "$rc" = 0 ] || tail -n 15 "$log" >&2
  rm -f -- "$log"
  [ "$rc" = 0 ] || fail "apt-get could not install: $*"
}

apt_run() {
  export DEBIAN_FRONTEND=noninteractive
  local install=(apt-get install -q -y --no-install-recommends --no-remove -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@")
  "${install[@]}" || { apt-get update -q && "${install[@]}"; } # the lists of a new machine are empty or stale
}

# postgres_bin prints the directory of the newest PostgreSQL server's programs, or nothing. They are not on the PATH in Debian.
postgres_bin() {
  local dirs=()
  mapfile -t dirs < <(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V)
  [ ${#dirs[@]} = 0 ] || dirname "${dirs[-1]}"
}

# postgres_package names the versioned package where it exists: the metapackage brings more than the server.
postgres_package() {
  if package_known postgresql-15; then say postgresql-15; else say postgresql; fi
}

# package_known NAME: a new machine has no package lists yet, and would know nothing.
package_known() {
  if is_root && ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
    apt-get update -q >/dev/null 2>&1 || true
  fi
  apt-cache show "$1" >/dev/null 2>&1
}
