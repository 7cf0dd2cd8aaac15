package realtest

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"vigie/ops/comfyui"
	"vigie/ops/ssh"
)

var programDir string

// program builds vigie as it is shipped, once for all tests of a run.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programDir, "vigie")
	if out, err := exec.Command("go", "build", "-o", path, "vigie").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building vigie: %w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	var err error
	if programDir, err = os.MkdirTemp("", "vigie-keeping-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(programDir) // a temporary directory
	os.Exit(code)
}

// A pi runs argument lists as the root package has it.
type pi struct{ *ssh.Client }

func (p pi) Run(ctx context.Context, argv []string, limit int) ([]byte, []byte, int, error) {
	r, err := p.Client.Run(ctx, argv, limit)
	return r.Out, r.Err, r.Exit, err
}

// overSSH is this machine through an OpenSSH server on loopback; guarded, its key runs the real `vigie guard` and nothing else.
func overSSH(t *testing.T, w *world, guarded bool) comfyui.Machine {
	t.Helper()
	dir := t.TempDir()
	write := func(file, text string) string {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := func(file string) xssh.PublicKey {
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		block, err := xssh.MarshalPrivateKey(private, "")
		if err != nil {
			t.Fatal(err)
		}
		write(file, string(pem.EncodeToMemory(block)))
		made, err := xssh.NewPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	before := ""
	if guarded {
		vigie, err := program()
		if err != nil {
			t.Fatal(err)
		}
		rules := write("guard.toml", fmt.Sprintf("log = %q\n[checkpoints]\ndir = %q\nhosts = [%q]\nnames = [%q]\nca_file = %q\n", filepath.Join(dir, "guard.log"), w.dir, w.host, name, w.ca))
		before = fmt.Sprintf(`restrict,command="%s guard -config %s" `, vigie, rules)
		t.Cleanup(func() {
			if log, err := os.ReadFile(filepath.Join(dir, "guard.log")); t.Failed() && err == nil {
				t.Logf("the guard's log:\n%s", log)
			}
		})
	}
	host := key("host")
	write("authorized_keys", before+string(xssh.MarshalAuthorizedKey(key("id"))))
	write("known_hosts", fmt.Sprintf("[127.0.0.1]:%s %s", port, xssh.MarshalAuthorizedKey(host)))
	config := write("sshd_config", fmt.Sprintf("Port %s\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/authorized_keys\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nLogLevel VERBOSE\nSetEnv CURL_CA_BUNDLE=%s\n",
		port, dir, dir, w.ca))
	daemon := exec.Command("/usr/sbin/sshd", "-D", "-f", config, "-E", filepath.Join(dir, "log"))
	daemon.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := daemon.Start(); err != nil {
		t.Fatalf("these tests need an OpenSSH server (scripts/tools.sh installs it): %v", err)
	}
	t.Cleanup(func() {
		syscall.Kill(-daemon.Process.Pid, syscall.SIGKILL)
		daemon.Wait()
	})
	w.cut = func() { // sshd's children lead groups of their own
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", daemon.Process.Pid))
		for child := range strings.FieldsSeq(string(children)) {
			if pid, err := strconv.Atoi(child); err == nil {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
	w.until("sshd listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	c, err := ssh.New(ssh.Options{Name: "pi", Waits: ssh.Waits{Away: 100 * time.Millisecond, LongestAway: time.Second}, User: me.Username, Addr: addr, KnownHosts: []string{filepath.Join(dir, "known_hosts")}, Identity: []string{filepath.Join(dir, "id")}, Guard: guarded})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return pi{c}
}
