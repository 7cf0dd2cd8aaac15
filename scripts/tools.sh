#!/usr/bin/env bash
# Installs what is missing on a bare Debian machine, in one apt-get call; says first what, and starts no service.
#
#   scripts/tools.sh           what the tests need: a C compiler for -race, Chromium, PostgreSQL, Redis, busybox, node_exporter,
#                              Alertmanager, VictoriaMetrics, restic, rclone, OpenSSH's server, curl, procps, shellcheck
#   scripts/tools.sh images    only what the sample images are made of
#   scripts/tools.sh demo      that, and OpenSSH's server, which is not started: the demo runs one of its own
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

missing=()
need() { # need PACKAGE COMMAND: the package, unless the command is there
  has "$2" || missing+=("$1")
}

need busybox-static /bin/busybox
need redis-tools redis-check-rdb # Debian's redis-server is a link to this file: the server without the service
[ -n "$(postgres_bin)" ] || missing+=("$(postgres_package)")

case ${1:-} in
  images) what="the sample images" ;;
  demo)
    what="the demo"
    need openssh-server /usr/sbin/sshd
    ;;
  '')
    what="the tests"
    need chromium chromium
    need redis-server redis-server
    need prometheus-node-exporter prometheus-node-exporter
    need prometheus-alertmanager prometheus-alertmanager
    need victoria-metrics victoria-metrics
    need restic restic
    need rclone rclone # its REST server stands for somebody's, for restic
    need openssh-server sshd # stands for another machine, on loopback
    need curl curl           # downloads there
    need procps pkill        # and ends that
    need gcc gcc
    [ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
    need shellcheck shellcheck
    ;;
  *) fail "tools.sh: unknown argument $1" ;;
esac

if [ ${#missing[@]} -gt 0 ]; then
  say "tools: installs ${missing[*]} with apt-get, for $what"
  apt_install "${missing[@]}"
fi
