// Package realtest has the tests against a real OpenSSH server, and through it against the real Docker Engine.
package realtest

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"vigie/ops/ssh"
)

// A pi is an OpenSSH server on loopback that stands for another machine.
type pi struct {
	dir, addr, user string
	settings        string // more lines of its configuration
	guardLog        string
	daemon          *exec.Cmd
}

// newPi starts a server that lets in the key "id", with options before it in authorized_keys.
func newPi(t *testing.T, options, settings string) *pi {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	p := &pi{dir: t.TempDir(), user: me.Username, settings: settings}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	l.Close()
	host := p.newKey(t, "host")
	id := p.newKey(t, "id")
	p.newKey(t, "stranger")
	p.write(t, "authorized_keys", options+" "+string(xssh.MarshalAuthorizedKey(id)))
	p.trust(t, host)
	p.start(t)
	t.Cleanup(func() { p.stop() })
	return p
}

func (p *pi) file(name string) string { return filepath.Join(p.dir, name) }

func (p *pi) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(p.file(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *pi) newKey(t *testing.T, name string) xssh.PublicKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := xssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, name, string(pem.EncodeToMemory(block)))
	key, err := xssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// trust makes key the one that is known.
func (p *pi) trust(t *testing.T, key xssh.PublicKey) {
	_, port, _ := net.SplitHostPort(p.addr)
	p.write(t, "known_hosts", fmt.Sprintf("[127.0.0.1]:%s %s", port, xssh.MarshalAuthorizedKey(key)))
}

func (p *pi) start(t *testing.T) {
	t.Helper()
	_, port, _ := net.SplitHostPort(p.addr)
	p.write(t, "sshd_config", fmt.Sprintf("Port %s\nListenAddress 127.0.0.1\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nLogLevel VERBOSE\n%s\n",
		port, p.file("host"), p.file("authorized_keys"), p.settings))
	p.daemon = exec.Command("/usr/sbin/sshd", "-D", "-f", p.file("sshd_config"), "-E", p.file("log"))
	p.daemon.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.daemon.Start(); err != nil {
		t.Fatalf("these tests need an OpenSSH server (scripts/tools.sh installs it): %v", err)
	}
	until(t, "sshd listens", func() bool {
		c, err := net.Dial("tcp", p.addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// stop ends the server, and with it every connection.
func (p *pi) stop() {
	p.drop()
	syscall.Kill(-p.daemon.Process.Pid, syscall.SIGKILL)
	p.daemon.Wait()
}

// drop ends the connections that there are: sshd's children lead groups of their own.
func (p *pi) drop() {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", p.daemon.Process.Pid))
	for child := range strings.FieldsSeq(string(children)) {
		var pid int
		fmt.Sscan(child, &pid)
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// logins counts those that the server's log knows of.
func (p *pi) logins(t *testing.T) int {
	t.Helper()
	log, err := os.ReadFile(p.file("log"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(log, []byte("Accepted publickey"))
}

func (p *pi) client(t *testing.T, change func(*ssh.Options)) *ssh.Client {
	t.Helper()
	o := ssh.Options{Name: "pi", User: p.user, Addr: p.addr, KnownHosts: []string{p.file("known_hosts")}, Identity: []string{p.file("id")}}
	if change != nil {
		change(&o)
	}
	c, err := ssh.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !so() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
