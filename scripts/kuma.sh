#!/usr/bin/env bash
# Installs Uptime Kuma with the Node.js that it runs on into a cache directory of its own, for the test that lets it fire at
# Vigie. Says first what it does, does nothing when it is there, starts nothing, and prints the directory.
#
#   scripts/kuma.sh            exit 0: it is there · 3: not possible here, with the next step in a sentence
#   scripts/kuma.sh --remove   removes the directory again
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly kuma_version=2.0.0-dev.0 node_version=24.21.0 # the only Uptime Kuma that is published as a package; it needs Node.js 20.4 or newer
readonly wanted="uptime-kuma $kuma_version, node $node_version"
kuma_dir=${XDG_CACHE_HOME:-$HOME/.cache}/vigie-kuma # alerts/hooks/realtest looks for it here
log=$kuma_dir/install.log

main() {
  case ${1:-} in
    --remove) remove_private_dir "$kuma_dir" ;;
    '')
      installed || install_kuma
      say "kuma: Uptime Kuma $kuma_version is in $kuma_dir"
      ;;
    *) fail "kuma.sh: unknown argument $1" ;;
  esac
}

# installed: the file is written last, so that what was broken off halfway is never taken for whole.
installed() { [ "$(cat "$kuma_dir/ready" 2>/dev/null)" = "$wanted" ]; }

install_kuma() {
  local arch
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) impossible "There is no Node.js $node_version package for $(uname -m), so Uptime Kuma cannot run here." ;;
  esac
  install_tools
  say "kuma: installs Uptime Kuma $kuma_version and Node.js $node_version into $kuma_dir with npm (about 5 minutes and 500 MB, once; log: $log)"
  private_dir "$kuma_dir"
  exec 9>"$kuma_dir/lock" # one at a time
  flock 9
  installed && return
  install_node "$arch" >"$log" 2>&1 || broken Node.js
  install_server "$kuma_dir/node_modules/node-linux-$arch" >>"$log" 2>&1 || broken "Uptime Kuma"
  say "$wanted" >"$kuma_dir/ready"
}

broken() {
  fail "$1 could not be installed. The end of $log:
$(tail -n 15 "$log")"
}

# install_tools: npm, and what its SQLite binding is compiled with.
install_tools() {
  local missing=()
  has npm || missing+=(npm)
  has g++ || missing+=(g++)
  has make || missing+=(make)
  has python3 || missing+=(python3)
  [ ${#missing[@]} -gt 0 ] || return 0
  say "kuma: installs ${missing[*]} with apt-get"
  apt_install "${missing[@]}"
}

install_node() (
  cd "$kuma_dir"
  say '{"private":true}' >package.json
  npm_install 300 "node-linux-$1@$node_version" || exit 1
  ln -sfn "node_modules/node-linux-$1/bin/node" node
)

# install_server NODE compiles against the headers of the Node.js that runs it, whatever the machine's npm is set to.
install_server() (
  cd "$kuma_dir"
  export PATH=$1/bin:$PATH npm_config_nodedir=$1
  npm_install 1800 "uptime-kuma@$kuma_version" || exit 1
  cd node_modules/uptime-kuma
  cp db/patch-*.sql db/old_migrations/ # the package has them one directory too high, and the server does not start without
)

# npm_install SECONDS PACKAGE tries again what fails or takes longer: npm waits for ever for a download that stands still.
npm_install() {
  local try
  for try in 1 2 3; do
    timeout --kill-after=10 "$1" npm install --no-audit --no-fund "$2" </dev/null && return
    say "try $try of 3 ended with $?"
  done
  return 1
}

main "$@"
