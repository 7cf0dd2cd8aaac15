// Package litellmtest starts a real PostgreSQL and fills it as LiteLLM's proxy would, for tests and for measuring.
package litellmtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Server is a PostgreSQL of one's own, in a new folder, reached through a socket there. Everybody on the machine who can
// reach the folder is let in.
type Server struct {
	dir string
	cmd *exec.Cmd
}

// Start makes a new cluster under the temporary folder and waits until it answers, a minute at most. The server dies with
// this process, however that dies; its folder goes with [Server.Stop].
func Start(ctx context.Context) (*Server, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return nil, errors.New("no /usr/lib/postgresql/*/bin/initdb: install the Debian package postgresql")
	}
	s := &Server{}
	if err := s.start(ctx, filepath.Dir(found[len(found)-1])); err != nil {
		return nil, errors.Join(fmt.Errorf("starting PostgreSQL: %w", err), s.Stop())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, bin string) error {
	as, err := who()
	if err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "vigie_spend_"); err != nil {
		return err
	}
	if as.Credential != nil {
		if err := os.Chown(s.dir, int(as.Credential.Uid), int(as.Credential.Gid)); err != nil {
			return err
		}
	}
	cluster := filepath.Join(s.dir, "cluster")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = as, s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close() // the server has its own handle
	s.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", cluster, "-c", "listen_addresses=", "-c", "unix_socket_directories="+s.dir,
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_wal_size=4GB", "-c", "shared_buffers=128MB", "-c", "timezone=Europe/Paris") // not UTC, as on many a host
	s.cmd.SysProcAttr, s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = as, s.dir, log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := s.Exec(ctx, "postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			said, _ := os.ReadFile(log.Name()) // what there is
			return fmt.Errorf("it does not answer: %w: %s", err, said)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// DSN is how user reaches database; the role postgres may do everything.
func (s *Server) DSN(user, database string) string {
	return "postgres://" + url.PathEscape(user) + "@/" + url.PathEscape(database) + "?host=" + url.QueryEscape(s.dir)
}

// Exec runs statements in database, as postgres.
func (s *Server) Exec(ctx context.Context, database, statements string) error {
	c, err := pgx.Connect(ctx, s.DSN("postgres", database))
	if err != nil {
		return fmt.Errorf("connecting to the test server: %w", err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, statements); err != nil {
		return fmt.Errorf("%.80s: %w", statements, err)
	}
	return nil
}

// Stop ends the server with all its sessions, and removes what it kept.
func (s *Server) Stop() error {
	if s.cmd != nil && s.cmd.Process != nil {
		if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
			return err
		}
		_ = s.cmd.Wait() // it has been told to end
	}
	if s.dir == "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// who runs the server: it refuses to be root.
func who() (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("finding a user that is not root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, nil
}
