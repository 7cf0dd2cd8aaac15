package realtest

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"vigie/ops"
	"vigie/ops/ssh"
)

type phrase string

func (p phrase) Reveal() string { return string(p) }
func (p phrase) IsZero() bool   { return p == "" }
func (phrase) String() string   { return "[secret]" }

// locked replaces the key "id" by the same one under a passphrase, and returns it as an agent takes it.
func (p *pi) locked(t *testing.T, passphrase string) ed25519.PrivateKey {
	t.Helper()
	text, err := os.ReadFile(p.file("id"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := xssh.ParseRawPrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	private := *key.(*ed25519.PrivateKey)
	block, err := xssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, "id", string(pem.EncodeToMemory(block)))
	return private
}

// everyWord is all that an error says, to people and to logs, down to what it wraps.
func everyWord(err error) string {
	var b strings.Builder
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(&b, "%v %+v %#v\n", e, e, e)
	}
	if err == nil {
		return ""
	}
	return b.String() + ops.SayOf(err).En + ops.SayOf(err).Fr
}

func TestPassphrase(t *testing.T) {
	const right, wrong = "correct-horse-battery", "wrong-horse-entirely"
	p := newPi(t, "", "")
	p.locked(t, right)
	pemText, err := os.ReadFile(p.file("id"))
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	for _, c := range []struct {
		phrase ssh.Secret
		want   string
	}{{phrase(right), ""}, {phrase(wrong), "does not open the key file"}, {nil, "needs a passphrase"}, {phrase(""), "needs a passphrase"}} {
		r, err := p.client(t, func(o *ssh.Options) { o.Passphrase = c.phrase }).Run(t.Context(), []string{"echo", "in"}, 100)
		if c.want == "" && (err != nil || string(r.Out) != "in\n") {
			t.Errorf("the right passphrase: %q, %v", r.Out, err)
		}
		if c.want != "" && (!strings.Contains(said(err), c.want) || ops.KindOf(err) != ops.Unavailable) {
			t.Errorf("want %q, got %v", c.want, err)
		}
		told.WriteString(everyWord(err))
	}
	log, err := os.ReadFile(p.file("log"))
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Split(string(pemText), "\n")[3]
	for _, secret := range []string{right, wrong, body} {
		if strings.Contains(told.String(), secret) || bytes.Contains(log, []byte(secret)) {
			t.Errorf("%.12q… is told", secret)
		}
	}
	if logins := p.logins(t); logins != 1 {
		t.Errorf("%d logins, of one right passphrase", logins)
	}
}

// TestAgent has the key in an agent alone: the file that it came from does not open.
func TestAgent(t *testing.T) {
	p := newPi(t, "", "")
	private := p.locked(t, "nobody knows")
	ring := agent.NewKeyring()
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); agent.ServeAgent(ring, c) }() // it ends with an error when the other hangs up
		}
	}()
	with := func(socket string) *ssh.Client {
		return p.client(t, func(o *ssh.Options) { o.Identity, o.Agent = nil, socket })
	}
	if _, err := with(socket).Run(t.Context(), []string{"true"}, 10); !strings.Contains(said(err), "There is no key for pi") {
		t.Errorf("an agent that holds nothing: %v", err)
	}
	if _, err := with(socket+".gone").Run(t.Context(), []string{"true"}, 10); !strings.Contains(said(err), "does not answer") {
		t.Errorf("no agent: %v", err)
	}
	if n := p.logins(t); n != 0 {
		t.Errorf("%d logins without a key", n)
	}
	if err := ring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	if r, err := with(socket).Run(t.Context(), []string{"echo", "in"}, 100); err != nil || string(r.Out) != "in\n" {
		t.Errorf("an agent that holds the key: %q, %v", r.Out, err)
	}
}
