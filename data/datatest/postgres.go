package datatest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/data"
)

// server is the one PostgreSQL of a test binary.
var server postgres

type postgres struct {
	allowed bool // Main will stop it

	once sync.Once // guards what follows
	err  error
	dir  string // also where its socket is
	cmd  *exec.Cmd

	mu        sync.Mutex // guards databases
	databases int
}

// Postgres is a [Place] in a new database on a real PostgreSQL server, which the first call starts.
func Postgres(t testing.TB) data.Options {
	t.Helper()
	if !server.allowed {
		t.Fatal("the package needs func TestMain(m *testing.M) { datatest.Main(m, nil) }")
	}
	if server.once.Do(func() { server.err = server.start() }); server.err != nil {
		t.Fatalf("starting PostgreSQL: %v", server.err)
	}
	server.mu.Lock()
	server.databases++
	name := fmt.Sprintf("vigie_data_%d", server.databases)
	server.mu.Unlock()
	if err := server.exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return data.Options{DSN: server.dsn(name)}
}

func (p *postgres) dsn(database string) string {
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(p.dir)
}

func (p *postgres) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, p.dsn("postgres"))
	if err != nil {
		return fmt.Errorf("connecting to the test server: %w", err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// start makes a new cluster in a temporary folder and waits until it answers on a socket there.
func (p *postgres) start() error {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return fmt.Errorf("no /usr/lib/postgresql/*/bin/initdb: install the Debian package postgresql")
	}
	bin := filepath.Dir(found[len(found)-1])
	as, err := p.who()
	if err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp("", "vigie_data_"); err != nil {
		return err
	}
	if as.Credential != nil {
		if err := os.Chown(p.dir, int(as.Credential.Uid), int(as.Credential.Gid)); err != nil {
			return err
		}
	}
	cluster := filepath.Join(p.dir, "cluster")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = as, p.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	var log bytes.Buffer
	p.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", cluster, "-c", "listen_addresses=", "-c", "unix_socket_directories="+p.dir,
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=100", "-c", "shared_buffers=32MB", "-c", "timezone=UTC")
	p.cmd.SysProcAttr, p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = as, p.dir, &log, &log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if err = p.exec("SELECT 1"); err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("it does not answer: %w (its log is in %s)", err, p.dir)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// who runs the server: it refuses to be root. It dies with the test binary, however that dies.
func (p *postgres) who() (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, fmt.Errorf("finding a user that is not root: %w", err)
		}
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

func (p *postgres) stop() error {
	if p.cmd != nil && p.cmd.Process != nil {
		if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil { // closes all sessions
			return err
		}
		_ = p.cmd.Wait() // it has been told to end
	}
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir)
}
