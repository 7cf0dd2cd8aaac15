#!/usr/bin/env bash
# Installs a LiteLLM proxy into a cache directory of its own, for the test that asks it. Says first what it does, does nothing when
# it is there, starts nothing, and needs no model: it answers by itself what its configuration says.
#
#   scripts/litellm.sh            exit 0: it is there · 3: not possible here, with the next step in a sentence
#   scripts/litellm.sh --remove   removes the directory again
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly litellm_version=1.83.3
readonly wanted="litellm $litellm_version"
litellm_dir=${XDG_CACHE_HOME:-$HOME/.cache}/vigie-litellm # llm/realtest looks for it here
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
  has python3 || { say "litellm: installs python3 with apt-get"; apt_install python3; }
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' || impossible "LiteLLM $litellm_version needs Python 3.9 or newer."
  python3 -c 'import venv, ensurepip' 2>/dev/null || { say "litellm: installs python3-venv with apt-get"; apt_install python3-venv; }
  say "litellm: installs LiteLLM $litellm_version into $litellm_dir with pip (about 2 minutes and 550 MB, once; log: $log)"
  private_dir "$litellm_dir"
  exec 9>"$litellm_dir/lock" # one at a time
  flock 9
  installed && return
  { python3 -m venv "$litellm_dir/venv" && pip_install 1200; } >"$log" 2>&1 || fail "LiteLLM could not be installed. The end of $log:
$(tail -n 15 "$log")"
  say "$wanted" >"$litellm_dir/ready"
}

# pip_install SECONDS tries again what fails or takes longer.
pip_install() {
  local try
  for try in 1 2 3; do
    timeout --kill-after=10 "$1" "$litellm_dir/venv/bin/pip" install --disable-pip-version-check --no-input "litellm[proxy]==$litellm_version" </dev/null && return
    say "try $try of 3 ended with $?"
  done
  return 1
}

main "$@"
