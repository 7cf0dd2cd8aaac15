#!/usr/bin/env bash
# Builds the images of the tests and of the demo from this machine's own binaries, because no registry is asked for any:
# a busybox root directory, plus PostgreSQL and Redis with the libraries they are linked against.
#
#   scripts/images.sh            builds what is not there yet with the same content
#   scripts/images.sh --remove   removes them, and every image made from them
#
# vigie-demo/postgresql:15 redis:7 oneshot:1, and vigie-demo/svc:1, :2 (newer) and :bad (newer, never healthy).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly sources=$root/demo/images label=vigie.demo.content
postgres=$(postgres_bin)
stage=

main() {
  local_docker
  case ${1:-} in
    '') ;;
    --remove) remove; return ;;
    *) fail "images.sh: unknown argument $1" ;;
  esac
  exec 9<"$0" # one at a time
  flock 9
  [ -n "$postgres" ] || impossible "No PostgreSQL server programs in /usr/lib/postgresql. Next: scripts/tools.sh images"
  built=" $(docker image ls --filter "label=$label" --filter 'reference=vigie-demo/*:*' --format '{{.Repository}}:{{.Tag}}' | xargs -r docker image inspect \
    --format "{{range .RepoTags}}{{.}}={{index \$.Config.Labels \"$label\"}} {{end}}" | tr '\n' ' ')"
  image svc svc:1 --build-arg SVC_VERSION=1
  image svc svc:2 --build-arg SVC_VERSION=2
  image svc svc:bad --build-arg SVC_VERSION=3 --build-arg KNOB=unhealthy \
    --build-arg 'KNOB_REASON=migration 0042 failed: column "spend" exists already'
  image oneshot oneshot:1
  image redis redis:7
  image postgresql postgresql:15
}

# image SOURCE NAME:TAG [BUILD ARGUMENT…] builds one image unless the same content is there.
image() {
  local source=$1 name=vigie-demo/$2 hash
  shift 2
  hash=$(content "$source" "$@")
  case $built in *" $name=$hash "*) return ;; esac
  say "images: builds $name"
  if [ -z "$stage" ]; then
    stage=$(mktemp -d)
    trap 'rm -rf -- "$stage"' EXIT
    busybox_root "$stage/busybox"
    archive "$stage/busybox" "$stage/busybox.tar"
  fi
  local context=$stage/$source
  if [ ! -d "$context" ]; then
    mkdir "$context"
    cp -a "$sources/$source/." "$stage/busybox.tar" "$context"
    case $source in
      redis) redis_root "$stage/redis-root" && archive "$stage/redis-root" "$context/redis.tar" ;;
      postgresql) postgres_root "$stage/postgresql-root" && archive "$stage/postgresql-root" "$context/postgresql.tar" ;;
    esac
  fi
  local before
  before=$(docker image ls --quiet --no-trunc "$name")
  docker build --quiet --label "$label=$hash" "$@" --tag "$name" "$context" >"$stage/log" 2>&1 ||
    fail "$name could not be built: $(cat "$stage/log")"
  [ -z "$before" ] || docker image rm "$before" >/dev/null 2>&1 || true # it stays when something is made from it
}

# content SOURCE ARGUMENT… prints a hash over everything that goes into an image.
content() {
  local source=$1 binaries=(/bin/busybox)
  shift
  case $source in
    redis) binaries+=(/usr/bin/redis-check-rdb /usr/bin/redis-cli) ;;
    postgresql) binaries+=("$postgres/postgres" "$postgres/psql") ;;
  esac
  {
    (cd "$sources/$source" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
    cat "${binaries[@]}" "$root/scripts/images.sh" | sha256sum
    printf '%s\n' "$@"
  } | sha256sum | cut -c1-16
}

busybox_root() {
  local dir=$1 applet
  mkdir -p "$dir"/{bin,usr/bin,etc,tmp,run,var/run,root,proc,sys,dev,data,state}
  chmod 1777 "$dir/tmp"
  cp /bin/busybox "$dir/bin/busybox"
  for applet in $(/bin/busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$dir/bin/$applet"
  done
  printf '%s\n' root:x:0:0:root:/root:/bin/sh postgres:x:999:999::/var/lib/postgresql:/bin/sh redis:x:998:998::/data:/bin/sh \
    node:x:1000:1000::/home/node:/bin/sh nobody:x:65534:65534::/:/bin/false >"$dir/etc/passwd"
  printf '%s\n' root:x:0: postgres:x:999: redis:x:998: node:x:1000: nogroup:x:65534: >"$dir/etc/group"
  say 'hosts: files dns' >"$dir/etc/nsswitch.conf"
}

redis_root() {
  local dir=$1
  mkdir -p "$dir/data"
  with_libraries "$dir" /usr/bin/redis-check-rdb /usr/bin/redis-cli
  ln -s redis-check-rdb "$dir/usr/bin/redis-server" # one program, it looks at the name it is called by
}

postgres_root() {
  local dir=$1 version share program library
  version=$(basename "$(dirname "$postgres")")
  share=/usr/share/postgresql/$version
  mkdir -p "$dir/usr/bin" "$dir/var/lib/postgresql/data" "$dir/var/run/postgresql" "$dir$share" "$dir/usr/share/zoneinfo"
  for program in postgres initdb pg_ctl psql pg_dump pg_dumpall pg_restore pg_isready createdb dropdb; do
    with_libraries "$dir" "$postgres/$program"
    ln -s "$postgres/$program" "$dir/usr/bin/$program"
  done
  for library in "${postgres%/bin}"/lib/*.so; do
    case $library in
      *llvmjit* | *plperl* | *plpython* | *pltcl*) ;; # each would bring a language with it
      *) with_libraries "$dir" "$library" ;;
    esac
  done
  cp -a "$share/." "$dir$share/"
  rm -rf "${dir:?}$share/man"
  cp -L /usr/share/zoneinfo/UTC "$dir/usr/share/zoneinfo/UTC"
}

# with_libraries DIR FILE… copies each file and every library it is linked against to the same place under DIR.
with_libraries() {
  local dir=$1 file
  shift
  { printf '%s\n' "$@"; ldd "$@" 2>/dev/null | grep -oE '/[^ ():]+' || true; } | sort -u | while read -r file; do
    [ -e "$dir$file" ] || install -D -m 755 "$(readlink -f "$file")" "$dir$file"
  done
}

# archive DIR TAR packs DIR the same way every time, so that the engine finds the layer it has.
archive() {
  tar --create --file "$2" --directory "$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner .
}

# remove takes these images and those made from them: by their names first, then what has no name left. An engine that has only just
# removed a container may still refuse its image, so it is asked again.
remove() {
  local left=0 try why=
  for try in 1 2 3 4 5; do
    [ "$try" = 1 ] || sleep 2
    labelled | xargs -r docker image inspect --format '{{range .RepoTags}}{{println .}}{{end}}' | grep . |
      xargs -r docker image rm >/dev/null 2>&1 || true
    why=$(labelled | xargs -r docker image rm --force 2>&1 >/dev/null) || true
    left=$(labelled | wc -l)
    [ "$left" != 0 ] || return 0
  done
  say "images: $left stay: $why"
}
labelled() { docker image ls --quiet --no-trunc --filter "label=$label" | sort -u; }

main "$@"
