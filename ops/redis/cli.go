package redis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"vigie/ops"
)

// mostOut is how much of what a program prints is kept.
const mostOut = 256 << 10

// A limited buffer keeps the first part of what it is given.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	l.Buffer.Write(p[:min(len(p), max(mostOut-l.Len(), 0))])
	return len(p), nil
}

// ask sends commands to the server through redis-cli and returns the reply to each, as plain lines. It is one exec, however
// many there are; commands go in by standard input, the password by the environment.
func (s *System) ask(ctx context.Context, commands ...string) ([]string, error) {
	const mark = "vigie-next-reply"
	var in strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&in, "ECHO %s\n%s\n", mark, c)
	}
	var out, bad limited
	e := Exec{Argv: []string{"redis-cli"}, Stdin: strings.NewReader(in.String()), Stdout: &out, Stderr: &bad}
	if s.o.Password != nil {
		e.Env = []string{"REDISCLI_AUTH=" + s.o.Password.Reveal()}
	}
	exit, err := s.o.Server.Exec(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", s.o.Service, err)
	}
	replies := strings.Split(strings.ReplaceAll(out.String(), "\r", ""), mark+"\n")[1:]
	for i := range replies {
		replies[i] = strings.TrimSpace(replies[i])
	}
	switch said := strings.TrimSpace(out.String() + " " + bad.String()); {
	case len(replies) == len(commands):
	case said == "" && exit != 0: // the container ended meanwhile
		return nil, s.refused(exit, "Connection reset")
	default:
		return nil, s.refused(exit, said)
	}
	for _, r := range replies {
		if refusal(r) != "" {
			return replies, s.refused(exit, r)
		}
	}
	return replies, nil
}

// refusal is how a reply begins that is an error whatever was asked, or "".
func refusal(reply string) string {
	for _, sign := range []string{"NOAUTH", "WRONGPASS", "NOPERM", "LOADING", "MASTERDOWN", "MISCONF", "BUSY ", "ERR ", "Error: ", "Could not connect"} {
		if strings.HasPrefix(reply, sign) {
			return sign
		}
	}
	return ""
}

// refused says why the server did not do what it was asked.
func (s *System) refused(exit int, said string) error {
	said = short(said)
	err := fmt.Errorf("redis-cli ended with %d: %s", exit, said)
	switch {
	case silent(said):
		err = fmt.Errorf("%w: %w", errSilent, err)
	case strings.Contains(said, "LOADING"):
		err = fmt.Errorf("%w: %w", errLoading, err)
	}
	fail := func(t ops.Text) error { return ops.Fail(ops.Unavailable, t, err) }
	switch {
	case strings.Contains(said, "NOAUTH"), strings.Contains(said, "WRONGPASS"):
		return fail(ops.T("%s does not take my password. Check the password that I was given for it.", "%s refuse mon mot de passe. Vérifie celui qu’on m’a donné pour lui.", s.name()))
	case strings.Contains(said, "LOADING"):
		return fail(ops.T("%s is still loading its data. Ask again in a moment.", "%s charge encore ses données. Redemande dans un instant.", s.name()))
	case strings.Contains(said, "MISCONF"):
		return fail(ops.T("%s takes no writes, because it cannot save: its disk is full, or its folder is not its own. /logs %s tells why.",
			"%s n’accepte plus d’écritures, parce qu’il ne peut pas enregistrer : disque plein, ou dossier qui n’est pas à lui. /logs %s dit pourquoi.", s.name(), s.o.Service))
	case strings.Contains(said, "NOPERM"), strings.Contains(said, "unknown command"):
		return fail(ops.T("%s does not let me ask that: %s", "%s ne me laisse pas demander ça : %s", s.name(), said))
	case silent(said):
		return fail(ops.T("%s does not answer inside its container. /logs %s tells why.", "%s ne répond pas dans son conteneur. /logs %s dit pourquoi.", s.name(), s.o.Service))
	}
	return fail(ops.T("%s answered: %s", "%s a répondu : %s", s.name(), said))
}

// Why a server does not answer as it should: nothing listens, or it is not ready yet.
var (
	errSilent  = errors.New("no answer")
	errLoading = errors.New("still loading")
)

func silent(said string) bool {
	return strings.Contains(said, "Could not connect") || strings.Contains(said, "Connection refused") || strings.Contains(said, "Connection reset")
}

// short is foreign text, cut to a line that can be shown.
func short(said string) string {
	said = strings.Join(strings.Fields(ops.Clean(said)), " ")
	if r := []rune(said); len(r) > 200 {
		said = string(r[:199]) + "…"
	}
	return said
}

// expendable begins a script whose process the kernel ends first if the container runs out of memory: never the live server.
const expendable = "echo 1000 >/proc/self/oom_score_adj 2>/dev/null\n"

// script runs a shell script in a container with arguments, as the user whom its data directory belongs to, and returns what it
// printed. Arguments never become part of its text. Scripts keep to what busybox and coreutils have in common, and read
// their input to its end.
func script(ctx context.Context, c Container, dir, text string, in io.Reader, args ...string) (out string, exit int, err error) {
	return scriptWith(ctx, c, dir, nil, text, in, args...)
}

// scriptWith is [script] with secrets in its surroundings.
func scriptWith(ctx context.Context, c Container, dir string, env []string, text string, in io.Reader, args ...string) (out string, exit int, err error) {
	var good, bad limited
	e := Exec{Argv: append([]string{"sh", "-c", text, "sh"}, args...), Env: env, Stdin: in, Stdout: &good, Stderr: &bad}
	if info, err := c.Stat(ctx, dir); err == nil { // root may have no rights there: containers drop them
		e.User = fmt.Sprintf("%d:%d", info.UID, info.GID)
	}
	exit, err = c.Exec(ctx, e)
	if exit != 0 {
		good.WriteString(bad.String())
	}
	return good.String(), exit, err
}
