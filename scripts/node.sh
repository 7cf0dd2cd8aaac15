#!/usr/bin/env bash
# Installs n8n and OpenClaw, with the Node.js that they run on, into a cache directory of its own, for the tests that drive
# the real ones. Says first what it does, does nothing when it is there, starts nothing, and prints the directory.
#
#   scripts/node.sh            both · exit 0: they are there · 3: not possible here, with the next step in a sentence
#   scripts/node.sh n8n        only n8n (about 6 minutes and 3 GB, once)
#   scripts/node.sh openclaw   only OpenClaw, the two versions that differ (about 2 minutes and 1.3 GB, once)
#   scripts/node.sh --remove   removes the directory again
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly node_version=24.21.0 n8n_version=2.30.7
readonly openclaw_versions=(2026.5.27 2026.9.6) # the first keeps pairing requests in a JSON file, the second in SQLite
node_dir=${XDG_CACHE_HOME:-$HOME/.cache}/vigie-node # the real-part tests look for it here
log=

main() {
  local version
  case ${1:-all} in
    --remove)
      remove_private_dir "$node_dir"
      return
      ;;
    all | n8n | openclaw) ;;
    *) fail "node.sh: unknown argument $1" ;;
  esac
  private_dir "$node_dir"
  runtime
  if [ "${1:-all}" != openclaw ]; then
    # Its spreadsheet library is otherwise fetched from a host that is no package registry.
    tree "n8n-$n8n_version" '{"private":true,"dependencies":{"n8n":"'$n8n_version'"},"overrides":{"xlsx":"0.18.5"}}'
  fi
  if [ "${1:-all}" != n8n ]; then
    for version in "${openclaw_versions[@]}"; do
      tree "openclaw-$version" '{"private":true,"dependencies":{"openclaw":"'"$version"'"}}'
    done
  fi
  say "node: what was asked for is in $node_dir"
}

# runtime: Node.js itself, at $node_dir/node.
runtime() {
  local arch
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) impossible "There is no Node.js $node_version package for $(uname -m), so n8n and OpenClaw cannot run here." ;;
  esac
  has npm || {
    say "node: installs npm with apt-get"
    apt_install npm
  }
  tree "node-$node_version" '{"private":true,"dependencies":{"node-linux-'$arch'":"'$node_version'"}}'
  ln -sfn "node-$node_version/node_modules/node-linux-$arch/bin/node" "$node_dir/node"
  export PATH=$node_dir/node-$node_version/node_modules/node-linux-$arch/bin:$PATH # npm then checks `engines` against it
}

# tree NAME PACKAGE.JSON installs one directory. Its file `ready` is written last, so that what was broken off is never taken for whole.
tree() (
  dir=$node_dir/$1 log=$node_dir/$1.log
  exec 9>"$node_dir/$1.lock" # one at a time
  flock 9
  [ "$(cat "$dir/ready" 2>/dev/null)" != "$2" ] || return 0
  say "node: installs $1 into $dir with npm (log: $log)"
  mkdir -p "$dir"
  cd "$dir"
  say "$2" >package.json
  npm_install >"$log" 2>&1 || fail "$1 could not be installed. The end of $log:
$(tail -n 15 "$log")"
  say "$2" >ready
)

# npm_install runs no package's install script: neither needs what they would compile. It tries again what fails or takes
# longer than 25 minutes: npm waits for ever for a download that stands still.
npm_install() {
  local try
  for try in 1 2 3; do
    timeout --kill-after=10 1500 npm install --ignore-scripts --no-audit --no-fund --prefer-offline </dev/null && return
    say "try $try of 3 ended with $?"
  done
  return 1
}

main "$@"
