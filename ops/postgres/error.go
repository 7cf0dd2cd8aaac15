package postgres

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"vigie/ops"
)

// A tail keeps the end of what a program says.
type tail struct{ b []byte }

const tailSize = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - tailSize; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

// last is the line that says what went wrong, without where: psql's «psql:<stdin>:3: ERROR:  …», pg_restore's «pg_restore: error: …».
func (t *tail) last() string {
	best := ""
	for line := range strings.Lines(string(t.b)) {
		line = strings.TrimSpace(line)
		if at := errorWord.FindStringIndex(line); at != nil {
			best = line[at[1]:]
			if strings.HasPrefix(best, "could not execute query: ERROR:") {
				best = strings.TrimSpace(best[len("could not execute query: ERROR:"):])
			}
		} else if best == "" && line != "" {
			best = line
		}
	}
	return cut(best, 200)
}

var errorWord = regexp.MustCompile(`(?:ERROR|FATAL|PANIC|error|fatal):\s+`)

// known are failures that have a meaning of their own, by the words in which PostgreSQL's programs tell of them in English.
var known = []struct {
	words *regexp.Regexp
	kind  ops.ErrorKind
	say   func(found []string) ops.Text
}{
	{regexp.MustCompile(`password authentication failed|no password supplied|fe_sendauth|Peer authentication failed`), ops.Unavailable, func([]string) ops.Text {
		return ops.T("PostgreSQL refuses my password. Look at password_file of [postgres] in my configuration.",
			"PostgreSQL refuse mon mot de passe. Regarde password_file de [postgres] dans ma configuration.")
	}},
	{regexp.MustCompile(`[Nn]o space left on device|could not extend file|[Dd]isk quota exceeded`), ops.Failed, func([]string) ops.Text {
		return ops.T("the disk is full: no space left on device", "le disque est plein : plus d’espace (no space left on device)")
	}},
	{regexp.MustCompile(`unsupported version \(([0-9.]+)\) in file header`), ops.Invalid, func(f []string) ops.Text {
		return ops.T("was written by a newer pg_dump (archive format %s) than this server's tools read", "a été écrit par un pg_dump plus récent (format d’archive %s) que les outils de ce serveur", f[1])
	}},
	{regexp.MustCompile(`does not support compression with ([a-z0-9]+)|[Nn]ot built with ([a-z0-9]+) support`), ops.Invalid, func(f []string) ops.Text {
		return ops.T("is compressed in a way that this server's tools do not know (%s)", "est compressé d’une façon que les outils de ce serveur ne connaissent pas (%s)", f[1]+f[2])
	}},
	{regexp.MustCompile(`due to lock timeout`), ops.Failed, func([]string) ops.Text {
		return ops.T("somebody holds a lock on it, and did not let go in time", "quelqu’un tient un verrou dessus et ne l’a pas rendu à temps")
	}},
	{regexp.MustCompile(`FATAL:\s+database "(.*)" does not exist`), ops.NotFound, func(f []string) ops.Text {
		return ops.T("there is no database %s", "il n’y a pas de base %s", ops.Name(f[1]))
	}},
	{regexp.MustCompile(`database "(.*)" is not currently accepting connections`), ops.Failed, func(f []string) ops.Text {
		return ops.T("%s takes no connections", "%s n’accepte pas de connexions", ops.Name(f[1]))
	}},
	{regexp.MustCompile(`too many clients already|remaining connection slots`), ops.Unavailable, func([]string) ops.Text {
		return ops.T("PostgreSQL has no connection left for anybody", "PostgreSQL n’a plus aucune connexion libre")
	}},
	{regexp.MustCompile(`starting up|shutting down|in recovery mode|could not connect|connection to server|server closed the connection|administrator command|connection to database .* failed|is the server running`), ops.Unavailable, func([]string) ops.Text {
		return away
	}},
}

var away = ops.T("PostgreSQL does not answer: it is down, starting, or was stopped in the middle", "PostgreSQL ne répond pas : il est arrêté, il démarre, ou on l’a arrêté au milieu")

// failed says why a program did not work, from what it said.
func failed(t *tail) *ops.Error {
	said := string(t.b)
	cause := errors.New(t.last())
	for _, k := range known {
		if found := k.words.FindStringSubmatch(said); found != nil {
			return ops.Fail(k.kind, k.say(found), cause)
		}
	}
	return ops.Fail(ops.Failed, ops.T("PostgreSQL says: «%s»", "PostgreSQL dit : « %s »", because(cause)), cause)
}

// because quotes an error on one short line.
func because(err error) ops.Text {
	if e, ok := errors.AsType[*ops.Error](err); ok {
		return e.Say
	}
	return ops.Raw(cut(err.Error(), 160))
}

// harmless makes an error of a step that only touches what is its own: whatever became of it, the live database is as it was, so
// nobody need be asked before it is put back.
func harmless(err error) error {
	if err == nil || ops.KindOf(err) != ops.Unknown {
		return err
	}
	say := ops.SayOf(err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		say = ops.T("it was not done in time", "ce n’était pas fini à temps")
	}
	return ops.Fail(ops.Failed, say, err)
}

func noDatabase(name string) error {
	return ops.Fail(ops.NotFound, ops.T("there is no database %s", "il n’y a pas de base %s", ops.Name(name)), nil)
}
