#!/usr/bin/env bash
# Builds the bot's own Docker image from the binary that `make build` made.
#
#   scripts/image.sh NAME:TAG
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

name=${1:?image.sh: which NAME:TAG?}
authorities=/etc/ssl/certs/ca-certificates.crt
cd "$root"
[ -x build/vigie ] || fail "build/vigie is missing. Next: make build"
[ -s "$authorities" ] || fail "$authorities is missing, and the bot could not verify Telegram. Next: sudo apt-get install ca-certificates"
local_docker

rm -rf build/image build/data
mkdir -p build/image/etc/ssl/certs build/image/tmp build/data
chmod 1777 build/image/tmp
cp build/vigie build/image/vigie
cp -L "$authorities" build/image/etc/ssl/certs/
say 'vigie:x:65532:65532::/data:/none' >build/image/etc/passwd
say 'vigie:x:65532:' >build/image/etc/group
touch build/data/.keep # an empty directory would lose its owner in the copy

log=$(docker build --tag "$name" . 2>&1) || fail "$name could not be built: $log"
say "image: $name, $(docker image inspect --format '{{.Size}}' "$name" | awk '{ printf "%.1f MB", $1 / 1e6 }')"
