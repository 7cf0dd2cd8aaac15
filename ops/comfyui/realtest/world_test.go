// Package realtest downloads checkpoints for real: to this machine, and to one over a real OpenSSH server, with and without the real
// `vigie guard`, from a TLS server that misbehaves; through the gate, as people do.
package realtest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
	"vigie/ops/comfyui"
	"vigie/ops/comfyui/comfytest"
)

const name = "dawn.safetensors"

var ann = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Via: "test"}

// A kind is one way to the folder.
type kind struct {
	name string
	on   func(t *testing.T, w *world) comfyui.Machine // nil is this machine itself
}

var kinds = []kind{
	{"here", func(*testing.T, *world) comfyui.Machine { return nil }},
	{"over ssh", func(t *testing.T, w *world) comfyui.Machine { return overSSH(t, w, false) }},
	{"over ssh, guarded", func(t *testing.T, w *world) comfyui.Machine { return overSSH(t, w, true) }},
}

// A world is a folder, a ComfyUI that looks into it, a server of files, and a gate.
type world struct {
	t       *testing.T
	dir     string // the folder
	ca      string // a file
	client  *http.Client
	mirror  *comfytest.Mirror
	host    string // of the mirror; "localhost" with the same port is not allowed
	comfy   *comfytest.Server
	url     string // of it
	file    string // of the store
	data    []byte // of the checkpoint
	on      comfyui.Machine
	cut     func() // ends every connection to it
	keeping comfyui.Keeping

	store *data.Store
	gate  *ops.Gate
}

// each plays on folders here and on a guarded machine, and where the way there matters, on an unguarded one as well. One after the
// other: this machine has few cores.
func each(t *testing.T, play func(t *testing.T, w *world)) {
	for _, k := range []kind{kinds[0], kinds[2]} {
		t.Run(k.name, func(t *testing.T) { play(t, open(t, k, t.TempDir())) })
	}
}

func unguarded(t *testing.T, play func(t *testing.T, w *world)) {
	t.Run(kinds[1].name, func(t *testing.T) { play(t, open(t, kinds[1], t.TempDir())) })
}

func open(t *testing.T, k kind, dir string) *world {
	t.Helper()
	w := &world{t: t, dir: filepath.Join(dir, "checkpoints"), mirror: comfytest.NewMirror(), file: filepath.Join(t.TempDir(), "vigie.db"), data: comfytest.Bytes(7, 3<<20)}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	w.serveTLS(t)
	w.comfy = comfytest.New(comfytest.Options{Checkpoints: []string{}, Dir: w.dir})
	server := httptest.NewServer(w.comfy)
	w.url = server.URL
	t.Cleanup(func() { server.Close(); w.comfy.Close() })
	w.keeping = comfyui.Keeping{Dir: w.dir, Hosts: []string{w.host}, KeepFree: 1, Client: w.client, Known: []comfyui.Checkpoint{w.checkpoint(w.data)}}
	if w.on = k.on(t, w); w.on != nil {
		w.keeping.On, w.keeping.Where = w.on, "pi"
	}
	w.mirror.Serve("/dawn", comfytest.Served{Data: w.data})
	w.start()
	return w
}

func (w *world) checkpoint(data []byte) comfyui.Checkpoint {
	return comfyui.Checkpoint{Name: name, URL: "https://" + w.host + "/dawn", SHA256: fmt.Sprintf("%x", sha256.Sum256(data)), Size: int64(len(data)), Licence: "CC0"}
}

// serveTLS starts the server of files, with an authority of its own.
func (w *world) serveTLS(t *testing.T) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mirror"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, form, form, public, private)
	if err != nil {
		t.Fatal(err)
	}
	w.ca = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(w.ca, text, 0o644); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(w.mirror)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	w.host = server.Listener.Addr().String()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	w.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
}

type everything struct{}

func (everything) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// start opens the store and a gate on it, as a new process would.
func (w *world) start() {
	w.t.Helper()
	store, err := data.Open(context.Background(), data.Options{Path: w.file})
	if err != nil {
		w.t.Fatal(err)
	}
	k := w.keeping
	system, err := comfyui.New(comfyui.Options{URL: w.url, Keeping: &k})
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = store
	w.gate = &ops.Gate{Policy: everything{}, Store: store, Runner: runs.NewDirect(slog.New(slog.DiscardHandler))}
	if err := w.gate.Open(comfyui.Bind(system), comfyui.BindKeeping(system)); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.gate.Recover(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	if err := w.gate.Runner.Launch(context.Background(), w.gate.Advance); err != nil {
		w.t.Fatal(err)
	}
	gate := w.gate
	w.t.Cleanup(func() {
		if w.gate == gate {
			w.end()
		}
	})
}

func (w *world) end() {
	if err := w.gate.Close(context.Background()); err != nil {
		w.t.Error(err)
	}
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
	w.gate = nil
}

// get asks for the checkpoint, and gives the run that does it.
func (w *world) ask(op string, args ops.Args) (*ops.Run, error) {
	_, r, err := w.gate.Ask(context.Background(), ann, ops.Ask{Op: op, Args: args}, "test:1")
	return r, err
}

func (w *world) get() *ops.Run {
	w.t.Helper()
	r, err := w.ask("comfyui.checkpoint_get", ops.Args{"name": name})
	if err != nil {
		w.t.Fatalf("asking for it: %v", err)
	}
	return r
}

const patience = time.Minute

func (w *world) until(what string, so func() bool) {
	w.t.Helper()
	deadline := time.After(patience)
	for !so() {
		select {
		case <-deadline:
			w.t.Fatalf("waited in vain until %s; the folder has %q, the mirror was asked %q", what, w.files(), w.mirror.Calls())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// over waits for the end of a run.
func (w *world) over(id string) ops.Run {
	w.t.Helper()
	var r ops.Run
	w.until("the run is over", func() bool {
		var err error
		if r, err = w.gate.Run(context.Background(), id); err != nil {
			w.t.Fatal(err)
		}
		return r.Over()
	})
	return r
}

func (w *world) files() (list []string) {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// size is how much of the checkpoint has come so far.
func (w *world) size() (n int64) {
	for _, f := range w.files() {
		if info, err := os.Stat(filepath.Join(w.dir, f)); err == nil && strings.HasSuffix(f, ".part") {
			n = info.Size()
		}
	}
	return n
}

func (w *world) content() string {
	b, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

// whole checks that the checkpoint is there, and nothing else.
func (w *world) whole() {
	w.t.Helper()
	if got := w.files(); !slices.Equal(got, []string{name}) || w.content() != w.keeping.Known[0].SHA256 {
		w.t.Errorf("the folder has %q, and the file is %s", got, w.content())
	}
}

// empty checks that nothing is left.
func (w *world) empty() {
	w.t.Helper()
	if got := w.files(); len(got) > 0 {
		w.t.Errorf("left behind: %q", got)
	}
}

// told is all that a run says of itself.
func told(r ops.Run) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.State, r.Why.En)
	for _, s := range append(r.Steps, r.Undone...) {
		fmt.Fprintln(&b, s.State, s.Step.Text.En, "|", s.Note.En)
	}
	return ops.Unmark(b.String())
}

func said(err error) string { return ops.Unmark(ops.SayOf(err).En) }
