package redis

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"vigie/ops"
)

// check has Redis' own redis-check-rdb, of the version that is to load the dump, read all of in from its standard input.
const check = expendable + `exec redis-check-rdb /dev/stdin`

var tooNew = regexp.MustCompile(`Can't handle RDB format version (\d+)`)

// reads says whether the server's own tool takes dumps in that version of the notation: it is given an empty one.
func (s *System) reads(ctx context.Context, version int) (bool, error) {
	empty := fmt.Sprintf("REDIS%04d\xff\x00\x00\x00\x00\x00\x00\x00\x00", version)
	out, exit, err := script(ctx, s.o.Server, s.o.Dir, check, strings.NewReader(empty))
	if err != nil {
		return false, fmt.Errorf("asking redis-check-rdb: %w", err)
	}
	if exit != 0 && !tooNew.MatchString(out) {
		return false, fmt.Errorf("asking redis-check-rdb: it ended with %d: %s", exit, short(out))
	}
	return exit == 0, nil
}

// checkWith runs redis-check-rdb over a dump of this machine, in the server's container.
func (s *System) checkWith(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return unreadable(path, err)
	}
	defer f.Close()
	name := ops.Name(filepath.Base(path))
	in := &teller{w: io.Discard, say: func(t ops.Text) { ops.Progress(ctx, ops.T("checking: %s", "vérification : %s", t)) }}
	out, exit, err := script(ctx, s.o.Server, s.o.Dir, check, io.TeeReader(f, in))
	switch {
	case err != nil:
		return fmt.Errorf("running redis-check-rdb: %w", err)
	case exit == 0:
		return nil
	case exit == 137:
		return noRoom(ops.T("redis-check-rdb ran out of memory", "la mémoire a manqué à redis-check-rdb"))
	case exit == 126, exit == 127:
		return noRoom(ops.T("there is no redis-check-rdb in the image", "il n’y a pas de redis-check-rdb dans l’image"))
	case tooNew.MatchString(out):
		return newer(name, tooNew.FindStringSubmatch(out)[1], "")
	}
	return ops.Fail(ops.Invalid, ops.T("redis-check-rdb refuses %s: %s", "redis-check-rdb refuse %s : %s", name, reason(out)), nil)
}

// newer says that a dump was written by a newer server than the one that is to read it.
func newer(name ops.Name, format, version string) error {
	if version == "" {
		return ops.Fail(ops.Invalid, ops.T("%s is in RDB version %s, which this Redis cannot read: it was written by a newer one. Update Redis first, or choose another dump.",
			"%s est au format RDB %s, que ce Redis ne sait pas lire : il vient d’une version plus récente. Mets d’abord Redis à jour, ou choisis une autre sauvegarde.", name, format), nil)
	}
	return ops.Fail(ops.Invalid, ops.T("%s was written by Redis %s (RDB version %s), which this Redis cannot read. Update Redis first, or choose another dump.",
		"%s vient de Redis %s (format RDB %s), que ce Redis ne sait pas lire. Mets d’abord Redis à jour, ou choisis une autre sauvegarde.", name, version, format), nil)
}

// reason is the line of redis-check-rdb that says what is wrong.
func reason(out string) string {
	_, after, found := strings.Cut(out, "--- RDB ERROR DETECTED ---")
	if !found {
		after = out
	}
	line, _, _ := strings.Cut(strings.TrimSpace(after), "\n")
	return short(line)
}
