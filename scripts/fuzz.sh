#!/usr/bin/env bash
# Runs every fuzz target of the repository for a while, one after the other, and names those that failed.
#
#   scripts/fuzz.sh [TIME]   TIME for each, by default 20s
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$root"
mapfile -t targets < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed 's/func //' | sort)
[ ${#targets[@]} -gt 0 ] || fail "fuzz: there is no fuzz target"
failed=()
for target in "${targets[@]}"; do
  package=$(dirname "${target%%:*}")
  name=${target#*:}
  say "fuzz: $name in $package"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${1:-20s}" "$package" || failed+=("$package $name")
done
[ ${#failed[@]} = 0 ] || fail "fuzz: ${#failed[@]} of ${#targets[@]} targets failed: ${failed[*]}"
say "fuzz: ${#targets[@]} targets passed"
