package postgres

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"vigie/ops"
)

// A cluster is a real server, reached through the programs of its own container.
type cluster struct {
	Options
	placing chan struct{} // held by whoever has a directory in the container
}

// name is what our sessions call themselves.
const name = "vigie"

// settings are those that a database or a role may have set to something that would end or bend our own sessions. Those on the command
// line come before them.
const settings = "-c lc_messages=C -c client_min_messages=warning -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0" +
	" -c default_transaction_read_only=off -c default_transaction_isolation=read\\ committed -c row_security=off -c role=none -c DateStyle=ISO -c IntervalStyle=postgres" +
	" -c TimeZone=UTC -c standard_conforming_strings=on -c session_replication_role=origin"

func (c *cluster) user() string { return cmp.Or(c.User, "postgres") }

// env is what PostgreSQL's programs need to know; the password is in it.
func (c *cluster) env(more ...string) []string {
	list := []string{"PGAPPNAME=" + name, "PGCLIENTENCODING=UTF8", "PGCONNECT_TIMEOUT=10", "LC_ALL=C", "PGOPTIONS=" + settings}
	if c.Password != nil && c.Password.Reveal() != "" {
		list = append(list, "PGPASSWORD="+c.Password.Reveal())
	}
	return append(list, more...)
}

// run runs one program of PostgreSQL, and says why if it did not work.
func (c *cluster) run(ctx context.Context, e Exec) error {
	said := &tail{}
	if e.Stderr != nil {
		e.Stderr = io.MultiWriter(said, e.Stderr)
	} else {
		e.Stderr = said
	}
	var in lent
	if e.Stdin != nil {
		in.from = e.Stdin
		e.Stdin = &in
	}
	exit, err := c.Container.Exec(ctx, e)
	switch torn := in.back(); {
	case torn != nil:
		return torn // whatever the program made of a part
	case err != nil:
		return err
	case exit == 126 || exit == 127:
		return ops.Fail(ops.Unavailable, ops.T("the container has no %s: is it PostgreSQL's?", "le conteneur n’a pas de %s : est-ce bien celui de PostgreSQL ?", ops.Name(e.Argv[0])), nil)
	case exit > 128 && len(bytes.TrimSpace(said.b)) == 0: // killed before it could say why
		return ops.Fail(ops.Unavailable, away, fmt.Errorf("exit %d", exit))
	case exit != 0:
		return failed(said)
	}
	return nil
}

// A lent reader is read by a program until it ends, and by nobody on its behalf after that.
type lent struct {
	mu   sync.Mutex // held while from is read
	from io.Reader
	err  error // that reading it ended with
}

func (l *lent) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.from == nil {
		return 0, errors.New("the program it was for has ended")
	}
	n, err := l.from.Read(p)
	if err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}

// back ends the lending, and returns why it could not be read to its end, if it could not.
func (l *lent) back() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.from = nil
	return l.err
}

// psql runs SQL in a database, and stops at the first error. What it prints, without headers and alignment, goes to out.
func (c *cluster) psql(ctx context.Context, database string, sql io.Reader, out io.Writer) error {
	return c.run(ctx, Exec{Argv: psqlArgs(c.user(), database), Env: c.env(), Stdin: sql, Stdout: out})
}

func psqlArgs(user, database string) []string {
	return []string{"psql", "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", conninfo(database), "-f", "-"}
}

// conninfo names a database such that psql does not take its name for connection words.
func conninfo(database string) string {
	return "dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(database) + "'"
}

// do runs SQL that prints nothing we need.
func (c *cluster) do(ctx context.Context, database, sql string) error {
	return c.psql(ctx, database, strings.NewReader(sql), io.Discard)
}

// mostAnswer is more than the catalogues of thousands of tables take.
const mostAnswer = 64 << 20

// ask runs SQL that prints one JSON value, and reads it into v.
func (c *cluster) ask(ctx context.Context, database, sql string, v any) error {
	var out bytes.Buffer
	if err := c.psql(ctx, database, strings.NewReader(sql), &limited{&out, mostAnswer}); err != nil {
		return err
	}
	if err := json.Unmarshal(out.Bytes(), v); err != nil {
		return fmt.Errorf("reading PostgreSQL's answer: %w", err)
	}
	return nil
}

// limited refuses to take more than so many bytes.
type limited struct {
	to   io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, fmt.Errorf("more was said than can be taken")
	}
	return l.to.Write(p)
}

// literal writes s as a string of SQL.
func literal(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if strings.Contains(s, `\`) {
		return " E'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// ident writes s as a name of SQL.
func ident(s string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), `"`, `""`) + `"`
}
