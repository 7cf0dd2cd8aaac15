#!/usr/bin/env bash
# Runs every test there is, with the real parts: a Docker Engine, PostgreSQL, Chromium, Alertmanager,
# Uptime Kuma, LiteLLM, n8n, OpenClaw, and the demo from nothing to nothing.
# Whatever failed or could not run is named in the last line, and makes the exit code 1. Nothing is skipped.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$root"
passed=() failed=() counts=
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# part NAME COMMAND… runs one part and remembers how it went.
part() {
  local name=$1 started=$SECONDS
  shift
  say "== $name"
  if "$@"; then
    passed+=("$name")
  else
    failed+=("$name")
    say "== $name FAILED"
  fi
  say "   $((SECONDS - started)) s"
}

# together NAME=SCRIPT… runs scripts side by side: what they install, they mostly wait for.
together() {
  local started=$SECONDS pair name pids=() n=0
  for pair in "$@"; do
    "${pair#*=}" >"$output.$n" 2>&1 &
    pids+=($!)
    n=$((n + 1))
  done
  n=0
  for pair in "$@"; do
    name=${pair%%=*}
    if wait "${pids[$n]}"; then passed+=("$name"); else failed+=("$name"); fi
    say "== $name"
    cat "$output.$n"
    rm -f "$output.$n"
    say "   $((SECONDS - started)) s"
    n=$((n + 1))
  done
}

formatted() {
  local files
  files=$(gofmt -l .)
  [ -z "$files" ] || { warn "gofmt would change:" "$files"; return 1; }
}

scripts_checked() { shellcheck -x scripts/*.sh demo/*.sh demo/images/*/root/*.sh; }

# nothing_skipped: a test that can leave itself out proves nothing on the machine where it does.
nothing_skipped() {
  if grep -rnE --include='*_test.go' '\b[tb]\.(Skip|SkipNow|Skipf)\(' .; then
    warn "the tests above skip themselves"
    return 1
  fi
}

# go_tests leaves out the lines about packages without tests; awk never fails, so the pipe's status is that of go test.
go_tests() {
  local rc=0
  go test -race -timeout 30m ./... 2>&1 | tee "$output" | awk '!/\[no test files\]/' || rc=$?
  counts=", $(grep -c '^ok ' "$output" || true) packages passed, $(grep -cE '^FAIL[[:space:]]' "$output" || true) failed"
  return "$rc"
}

# swept: what tests leave on the engine is named and removed, so that it is not taken for the demo's.
swept() {
  local left
  left=$(docker ps --all --filter 'name=^vg[tpe]_' --format '{{.ID}} {{.Names}} ({{.Image}})')
  [ -n "$left" ] || return 0
  say "the tests left containers behind, which are removed now:" "$left"
  awk '{print $1}' <<<"$left" | xargs -r docker rm --force --volumes >/dev/null
}

part engine scripts/engine.sh
part tools scripts/tools.sh
part images scripts/images.sh
together 'uptime kuma=scripts/kuma.sh' 'litellm=scripts/litellm.sh' 'n8n and openclaw=scripts/node.sh'
part gofmt formatted
part 'go vet' go vet ./...
part shellcheck scripts_checked
part 'no skipped test' nothing_skipped
part 'go test -race' go_tests
part 'what tests left' swept
part build make --no-print-directory build
part image make --no-print-directory image
part demo demo/selftest.sh

if [ ${#failed[@]} -gt 0 ]; then
  fail "FAILED: $(printf '%s, ' "${failed[@]}" | sed 's/, $//') (${#passed[@]} parts passed$counts)"
fi
say "${#passed[@]} parts passed, 0 failed$counts"
