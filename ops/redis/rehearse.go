package redis

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// A Rehearsal is what came of loading a dump for trial.
type Rehearsal struct {
	Keys    int64 // that were there after loading; those that had expired are not among them
	Version string
	Took    time.Duration // from start to counted
	Memory  int64         // bytes that the data took
}

// ErrNoRoom is why a dump was not loaded for trial: there is not enough memory for that beside the live server.
var ErrNoRoom = fmt.Errorf("there is no room to load it for trial")

// rehearsal starts a server on a copy of the dump, on a socket that nothing else knows, and prints what it says of itself.
// $1 is how many bytes the copy takes, $2 a directory that holds it where no other can, the rest the modules that the live
// server has loaded. Whatever happens, nothing of it stays.
const rehearsal = expendable + `umask 077
need=$(($1 / 1024 + 1024)) d=
for at in /tmp /var/tmp "$2"; do
  [ -d "$at" ] && [ -w "$at" ] || continue
  [ "$(df -Pk "$at" | tail -n 1 | { read -r _ _ _ free _; echo "$free"; })" -gt "$need" ] || continue
  d=$(mktemp -d "$at/rehearsal` + ourMark + `XXXXXX") && break
done
[ -n "$d" ] || { echo NOROOM; exit 46; }
pid=
trap 'trap "" TERM INT HUP; [ -z "$pid" ] || kill -9 $pid; cd /; rm -rf "$d"' EXIT
trap 'exit 47' TERM INT HUP
cat >"$d/dump.rdb" || exit 48
cd "$d" || exit 48
shift 2
modules=$#
while [ $modules -gt 0 ]; do
  set -- "$@" --loadmodule "$1"
  shift
  modules=$((modules - 1))
done
redis-server --dir "$d" --dbfilename dump.rdb --port 0 --unixsocket "$d/s" --save '' --appendonly no --daemonize no --logfile "$d/log" "$@" &
pid=$!
n=0
while :; do
  kill -0 $pid 2>/dev/null || {
    wait $pid
    [ $? != 137 ] || { pid=; exit 137; }
    pid=
    tail -n 15 "$d/log"
    exit 49
  }
  [ "$(redis-cli -s "$d/s" PING 2>/dev/null)" = PONG ] && break
  n=$((n + 1)); [ $n -lt 18000 ] || exit 50
  sleep 0.1
done
redis-cli -s "$d/s" INFO
`

// Rehearse loads the dump at path into a server that lives only for that, and counts the keys. It runs in the live one's
// container, where the same program is, but only if twice the memory is free that the dump says it takes, and as the first
// process that the kernel would end. It is on no network, and has no file in common with the live one. Where there is too
// little room, the error is [ErrNoRoom].
func (s *System) Rehearse(ctx context.Context, path string) (Rehearsal, error) {
	info, err := s.Verify(ctx, path)
	if err != nil {
		return Rehearsal{}, err
	}
	if err := s.roomFor(ctx, info); err != nil {
		return Rehearsal{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return Rehearsal{}, unreadable(path, err)
	}
	defer f.Close()
	begun := time.Now()
	out, exit, err := script(ctx, s.o.Server, s.o.Dir, rehearsal, f, append([]string{number(info.Size), s.o.Dir}, s.modules(ctx)...)...)
	switch {
	case err != nil:
		return Rehearsal{}, fmt.Errorf("loading the dump for trial: %w", err)
	case strings.HasPrefix(out, "NOROOM"):
		return Rehearsal{}, noRoom(ops.T("no disk space for a copy", "pas de place sur le disque pour une copie"))
	case exit == 137:
		return Rehearsal{}, noRoom(ops.T("it ran out of memory", "la mémoire a manqué"))
	case exit != 0:
		return Rehearsal{}, ops.Fail(ops.Failed, ops.T("A server like %s could not load that dump: %s", "Un serveur comme %s n’a pas pu charger cette sauvegarde : %s", s.name(), lastWords(out)), nil)
	}
	st := parseInfo(out)
	r := Rehearsal{Keys: st.total(), Version: st.version, Took: time.Since(begun), Memory: st.memory}
	return r, info.agrees(st)
}

// modules are the files of the modules that the live server has loaded: a dump may hold what only they can read.
func (s *System) modules(ctx context.Context) (list []string) {
	r, err := s.ask(ctx, "MODULE LIST")
	if err != nil {
		return nil // then it has to do without
	}
	lines := strings.Split(r[0], "\n")
	for i := 0; i+1 < len(lines); i++ {
		if lines[i] == "path" && strings.HasPrefix(lines[i+1], "/") {
			list = append(list, lines[i+1])
		}
	}
	return list
}

// agrees checks that a server took all the keys of the dump when it started.
func (i Info) agrees(st state) error {
	have, want := st.loaded+max(st.loadedLess, 0), i.Keys
	switch {
	case i.Keys < 0: // nobody knows how many it holds
		return nil
	case st.loaded < 0: // before 7.0: what does not expire must be there, and no more than there was
		have, want = 0, i.Keys-i.Volatile
		for db, n := range st.keys {
			have += n - st.volatile[db]
		}
	}
	if have != want {
		return ops.Fail(ops.Failed, ops.T("it loaded %s of %d in the dump", "il a chargé %s sur %d dans la sauvegarde", keyCount(have), want), nil)
	}
	return nil
}

func noRoom(why ops.Text) *ops.Error {
	return ops.Fail(ops.Unavailable, ops.T("I did not load it for trial: %s.", "Je ne l’ai pas chargée à l’essai : %s.", why), ErrNoRoom)
}

// roomFor says whether there is memory for a second server. The copy of the dump may lie in memory as well.
func (s *System) roomFor(ctx context.Context, info Info) error {
	out, _, err := script(ctx, s.o.Server, s.o.Dir, `cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null | head -n 1
cat /sys/fs/cgroup/memory.current /sys/fs/cgroup/memory/memory.usage_in_bytes 2>/dev/null | head -n 1
grep MemAvailable /proc/meminfo; true`, nil)
	if err != nil {
		return fmt.Errorf("asking for free memory: %w", err)
	}
	free := freeMemory(out)
	need := 2 * (max(info.Memory, 3*info.Size) + info.Size + 16<<20) // the live server grows meanwhile, and forks to save
	if free < need {
		return noRoom(ops.T("that takes %s of memory, and %s are free", "il faut %s de mémoire, et il en reste %s", ops.Size(need), ops.Size(free)))
	}
	return nil
}

var available = regexp.MustCompile(`MemAvailable:\s+(\d+) kB`)

// freeMemory reads a limit and a usage, each on its line, and the machine's free memory: the lesser counts.
func freeMemory(out string) int64 {
	free := int64(0)
	if m := available.FindStringSubmatch(out); m != nil {
		kb, _ := strconv.ParseInt(m[1], 10, 64)
		free = kb << 10
	}
	lines := strings.Fields(out)
	if len(lines) < 2 {
		return free
	}
	limit, err := strconv.ParseInt(lines[0], 10, 64) // "max" is no limit
	used, err2 := strconv.ParseInt(lines[1], 10, 64)
	if err == nil && err2 == nil {
		free = min(free, max(limit-used, 0))
	}
	return free
}

var stamps = regexp.MustCompile(`(?m)^\d+:[A-Z] \d+ \w+ \d+ [\d:.]+ [#*.-] `)

// lastWords is what a server logged last before it gave up.
func lastWords(out string) string {
	lines := strings.Split(strings.TrimSpace(stamps.ReplaceAllString(ops.Clean(out), "")), "\n")
	return short(strings.Join(lines[max(len(lines)-3, 0):], " · "))
}
