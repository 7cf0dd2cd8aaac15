#!/usr/bin/env bash
# Installs a LiteLLM proxy into a cache directory of its own, for the tests that ask a real one. Says first what it does, does
# nothing when it is there, starts nothing, and prints the directory.
#
#   scripts/litellm.sh            exit 0: it is there · 3: not possible here, with the next step in a sentence
#   scripts/litellm.sh --remove   removes the directory again
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly litellm_version=1.83.3
readonly wanted="litellm $litellm_version"
litellm_dir=${XDG_CACHE_HOME:-$HOME/.cache}/vigie-litellm # the tests look for it here
log=$litellm_dir/install.log

main() {
  case ${1:-} in
    --remove) remove_private_dir "$litellm_dir" ;;
    '')
      installed || install_litellm
      say "litellm: LiteLLM $litellm_version is in $litellm_dir"
      ;;
    *) fail "litellm.sh: unknown argument $1" ;;
  esac
}

# installed: the file is written last, so that what was broken off halfway is never taken for whole.
installed() { [ "$(cat "$litellm_dir/ready" 2>/dev/null)" = "$wanted" ]; }

install_litellm() {
  python3 -c 'import ensurepip, venv' 2>/dev/null || { say "litellm: installs python3-venv with apt-get"; apt_install python3 python3-venv; }
  say "litellm: installs LiteLLM $litellm_version into $litellm_dir with pip (about 2 minutes and 600 MB, once; log: $log)"
  private_dir "$litellm_dir"
  exec 9>"$litellm_dir/lock" # one at a time
  flock 9
  installed && return
  python3 -m venv "$litellm_dir/venv" >"$log" 2>&1 || broken
  timeout --kill-after=10 1800 "$litellm_dir/venv/bin/pip" install --disable-pip-version-check "litellm[proxy]==$litellm_version" </dev/null >>"$log" 2>&1 || broken
  say "$wanted" >"$litellm_dir/ready"
}

broken() {
  fail "LiteLLM could not be installed. The end of $log:
$(tail -n 15 "$log")"
}

main "$@"
