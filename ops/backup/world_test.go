package backup

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// A house holds databases that can be saved, as text: what is saved of one is its text between two marks.
type house struct {
	mu       sync.Mutex // guards what follows
	text     map[string]string
	saves    []string
	away     error            // why it cannot be asked
	broken   map[string]error // by name: why it cannot be saved
	restores map[string]error // by name: why it cannot be rehearsed
	tried    []string
	takes    time.Duration          // how long a rehearsal takes
	during   func(name, dir string) // called while name is half written
}

func newHouse(names ...string) *house {
	h := &house{text: map[string]string{}, broken: map[string]error{}, restores: map[string]error{}}
	for _, name := range names {
		h.text[name] = strings.Repeat("all that is in "+name+"\n", 20)
	}
	return h
}

func (h *house) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

func (h *house) list(context.Context) (list []Source, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away != nil {
		return nil, h.away
	}
	for _, name := range slices.Sorted(maps.Keys(h.text)) {
		list = append(list, h.source(name))
	}
	return list, nil
}

func (h *house) source(name string) Source {
	return Source{Name: name, Save: func(ctx context.Context, dir string, progress func(ops.Text)) (File, error) {
		h.mu.Lock()
		text, err, during := h.text[name], h.broken[name], h.during
		h.saves = append(h.saves, name)
		h.mu.Unlock()
		path := filepath.Join(dir, "x.dump")
		progress(ops.Raw("50 %"))
		if werr := os.WriteFile(path, []byte("<<"+text[:len(text)/2]), 0o600); werr != nil {
			return File{}, refused(path, werr)
		}
		if during != nil {
			during(name, dir)
		}
		if err != nil {
			return File{}, err
		}
		if ctx.Err() != nil {
			return File{}, ctx.Err()
		}
		if werr := os.WriteFile(path, []byte("<<"+text+">>"), 0o600); werr != nil {
			return File{}, refused(path, werr)
		}
		return File{Path: path, Versions: map[string]string{"house": "1"}}, nil
	}, Verify: verifyText, Rehearse: func(ctx context.Context, path string) (Rehearsal, error) {
		h.mu.Lock()
		err, takes := h.restores[name], h.takes
		h.tried = append(h.tried, name)
		h.mu.Unlock()
		if takes > 0 {
			select {
			case <-ctx.Done():
				return Rehearsal{}, ctx.Err()
			case <-time.After(takes):
			}
		}
		if err != nil {
			return Rehearsal{}, err
		}
		_, err = verifyText(ctx, path)
		return Rehearsal{ops.T("20 lines", "20 lignes")}, err
	}}
}

func verifyText(_ context.Context, path string) (Proof, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return Proof{}, ops.Fail(ops.Unavailable, ops.Raw("cannot read"), err)
	}
	if !bytes.HasPrefix(body, []byte("<<")) || !bytes.HasSuffix(body, []byte(">>")) {
		return Proof{}, ops.Fail(ops.Failed, ops.T("it is cut off", "il est tronqué"), nil)
	}
	return Proof{ops.T("%d bytes of text", "%d octets de texte", len(body)-4)}, nil
}

// A command runs a real program as the stack's script.
type command struct {
	argv []string
	env  []string
}

func (c command) Run(ctx context.Context, each func(string)) (int, error) {
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(out); err != nil {
		return 0, err
	}
	for line := range strings.Lines(body.String()) {
		each(strings.TrimRight(line, "\n"))
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}
