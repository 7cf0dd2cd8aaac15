package redis

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"strings"

	"vigie/ops"
)

// takingOver starts a server on a copy of the dump, that only who knows a password may talk to, and has the live server follow it until it
// holds the same; then that follows nobody again. With swapdb the live server holds what it had until all of the new is there.
//
// $1 is how many bytes the copy takes, $2 a directory that holds it where no other can, $3 a port (if it is taken, one of the next), the rest the modules that the live
// server has loaded. ONCE is the password. Whatever happens, nothing of it stays, and the live server follows nobody; so it ends well
// also when nobody waits for it any more.
const takingOver = expendable + endingOthers + `umask 077
need=$(($1 / 1024 + 1024)) port=$3 d=
for at in /tmp /var/tmp "$2"; do
  [ -d "$at" ] && [ -w "$at" ] || continue
  [ "$(df -Pk "$at" | tail -n 1 | { read -r _ _ _ free _; echo "$free"; })" -gt "$need" ] || continue
  d=$(mktemp -d "$at/takeover` + ourMark + `XXXXXX") && break
done
[ -n "$d" ] || { echo NOROOM; exit 46; }
pid= following= was= auth= user=
live() { redis-cli "$@" 2>&1; }
once() { REDISCLI_AUTH=$ONCE redis-cli -p "$port" "$@" 2>/dev/null; }
ends() {
  trap '' TERM INT HUP # who asks for the end while it ends would cut it short
  if [ -n "$following" ]; then
    n=0
    until [ "$(live REPLICAOF NO ONE)" = OK ]; do
      n=$((n + 1))
      [ $n -lt 50 ] || break
      sleep 0.2
    done
    printf %s "$auth" | live -x CONFIG SET masterauth >/dev/null
    printf %s "$user" | live -x CONFIG SET masteruser >/dev/null
    [ -z "$was" ] || live CONFIG SET repl-diskless-load "$was" >/dev/null
  fi
  [ -z "$pid" ] || kill -9 $pid
  cd /
  rm -rf "$d"
}
trap ends EXIT
trap 'exit 47' TERM INT HUP
echo $$ >"$d/script"
cat >"$d/dump.rdb" || exit 48
cd "$d" || exit 48
shift 3
modules=$#
while [ $modules -gt 0 ]; do
  set -- "$@" --loadmodule "$1"
  shift
  modules=$((modules - 1))
done
printf 'requirepass %s\n' "$ONCE" >"$d/conf"
begin() {
  : >"$d/log"
  redis-server "$d/conf" --dir "$d" --dbfilename dump.rdb --bind 127.0.0.1 --port "$port" --save '' --appendonly no --daemonize no \
    --repl-diskless-sync yes --repl-diskless-sync-delay 0 --logfile "$d/log" "$@" &
  pid=$!
}
tries=0
begin "$@"
alive() {
  kill -0 $pid 2>/dev/null && return
  wait $pid
  [ $? != 137 ] || { pid=; exit 137; }
  pid= tries=$((tries + 1))
  if [ $tries -lt 20 ] && grep -q 'Address already in use' "$d/log"; then
    port=$((port + 1))
    begin "$@"
    return
  fi
  tail -n 15 "$d/log"
  exit 49
}
n=0
until [ "$(once PING)" = PONG ]; do
  alive "$@"
  n=$((n + 1)); [ $n -lt 18000 ] || exit 50
  sleep 0.1
done
auth=$(live CONFIG GET masterauth | tail -n +2)
user=$(live CONFIG GET masteruser | tail -n +2)
was=$(live CONFIG GET repl-diskless-load | tail -n +2)
following=1
[ "$(printf %s "$ONCE" | live -x CONFIG SET masterauth)" = OK ] || { live CONFIG GET masterauth; exit 51; }
printf '' | live -x CONFIG SET masteruser >/dev/null
live CONFIG SET repl-diskless-load swapdb >/dev/null
said=$(live REPLICAOF 127.0.0.1 "$port")
[ "$said" = OK ] || { echo "$said"; exit 51; }
n=0
while :; do
  alive "$@"
  case $(live INFO replication | tr -d '\r' | tr '\n' ' ') in
    *master_link_status:up*master_sync_in_progress:0*) break ;;
  esac
  n=$((n + 1)); [ $n -lt 18000 ] || exit 50
  sleep 0.1
done
once INFO keyspace
echo TAKEN
live INFO keyspace
`

// endingOthers ends what tries before, whose end nobody saw, still do, and waits until they have put everything right. $2 is a directory
// that may hold what they use.
const endingOthers = `for old in /tmp/takeover` + ourMark + `* /var/tmp/takeover` + ourMark + `* "$2"/takeover` + ourMark + `*; do
  [ -d "$old" ] || continue
  script=$(cat "$old/script" 2>/dev/null)
  if [ -n "$script" ] && grep -q takeover` + ourMark + ` "/proc/$script/cmdline" 2>/dev/null; then
    kill "$script"
    n=0
    while [ -d "$old" ] && [ $n -lt 100 ]; do
      n=$((n + 1))
      sleep 0.1
    done
  fi
  rm -rf "$old"
done
`

// takeOver has the live server hold what the dump holds, and fails unless it does. The dump is read from in, size bytes.
func (s *System) takeOver(ctx context.Context, in io.Reader, size int64) error {
	secret := make([]byte, 24)
	rand.Read(secret) // never fails
	port := int64(s.o.Port)
	if port == 0 {
		n, err := rand.Int(rand.Reader, big.NewInt(12000))
		if err != nil {
			return fmt.Errorf("choosing a port: %w", err)
		}
		port = 20000 + n.Int64()
	}
	say := &teller{w: io.Discard, say: func(t ops.Text) { ops.Progress(ctx, ops.T("laying it ready: %s", "préparation : %s", t)) }}
	args := append([]string{number(size), s.o.Dir, number(port)}, s.modules(ctx)...)
	env := []string{"ONCE=" + hex.EncodeToString(secret)}
	if s.o.Password != nil {
		env = append(env, "REDISCLI_AUTH="+s.o.Password.Reveal())
	}
	out, exit, err := scriptWith(ctx, s.o.Server, s.o.Dir, env, takingOver, io.TeeReader(in, say), args...)
	switch {
	case err != nil:
		return fmt.Errorf("having %s take over a dump: %w", s.o.Service, err)
	case strings.HasPrefix(out, "NOROOM"):
		return ops.Fail(ops.Failed, ops.T("there is no disk space in the container for a copy of the dump", "il n’y a pas de place dans le conteneur pour une copie de la sauvegarde"), nil)
	case exit == 137:
		return ops.Fail(ops.Failed, ops.T("the memory ran out while the dump was loaded beside today’s data", "la mémoire a manqué en chargeant la sauvegarde à côté des données actuelles"), nil)
	case exit != 0:
		return ops.Fail(ops.Failed, ops.T("%s could not take the dump over (%d): %s", "%s n’a pas pu reprendre la sauvegarde (%d) : %s", s.name(), exit, lastWords(out)), nil)
	}
	from, to, ok := strings.Cut(out, "TAKEN\n")
	if want, got := parseInfo(from), parseInfo(to); !ok || !want.sameKeys(got) {
		return ops.Fail(ops.Failed, ops.T("%s took over %s, and the dump has %d", "%s a repris %s, et la sauvegarde en a %d", s.name(), keyCount(got.total()), want.total()), nil)
	}
	return nil
}

// sameKeys compares what does not expire, database by database.
func (s state) sameKeys(o state) bool {
	for db := range 1 << 14 { // as many as a server may have been given
		if s.keys[db]-s.volatile[db] != o.keys[db]-o.volatile[db] {
			return false
		}
	}
	return true
}

// letGo ends what a try before, whose end nobody saw, may have left: a server that follows one on its own address.
func (s *System) letGo(ctx context.Context) error {
	if _, _, err := script(ctx, s.o.Server, s.o.Dir, endingOthers, nil, "0", s.o.Dir); err != nil {
		return fmt.Errorf("ending what an earlier try does: %w", err)
	}
	r, err := s.ask(ctx, "INFO replication")
	if err != nil || !strings.Contains(r[0], "role:slave") || !strings.Contains(r[0], "master_host:127.0.0.1") {
		return nil // who cannot be asked now is waited for next
	}
	_, err = s.ask(ctx, "REPLICAOF NO ONE")
	return err
}
