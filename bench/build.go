package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// programs are the binaries that are measured, by path.
type programs struct {
	vigie   string // as it is released
	unpaced string // the same without the waiting that keeps to Telegram's limits
	hello   string // prints a line
	server  string // answers one page
	box     string // what the containers run
}

const helloSource = `package main

import "fmt"

func main() { fmt.Println("hello") }
`

const serverSource = `package main

import (
	"fmt"
	"net"
	"net/http"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + l.Addr().String())
	panic(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })))
}
`

// boxSource is a container's process: it ends on SIGTERM, or with "stubborn" never, and fails on SIGUSR1; SIGUSR2 makes it ill, or
// well again. With "well" it is a health check that says yes, with "sound" one that says no while it is ill.
const boxSource = `package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	mode := "plain"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "well":
		return
	case "sound":
		if _, err := os.Stat("/ill"); err == nil {
			os.Exit(1)
		}
		return
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2)
	for s := range asked {
		switch {
		case s == syscall.SIGUSR1:
			os.Exit(1)
		case s == syscall.SIGUSR2:
			if os.Remove("/ill") != nil {
				os.WriteFile("/ill", nil, 0o644)
			}
		case mode != "stubborn":
			return
		}
	}
}
`

func build(ctx context.Context, dir string) (programs, error) {
	p := programs{
		vigie: filepath.Join(dir, "vigie"), unpaced: filepath.Join(dir, "vigie-unpaced"),
		hello: filepath.Join(dir, "hello"), server: filepath.Join(dir, "server"), box: filepath.Join(dir, "box"),
	}
	root, err := filepath.Abs(".")
	if err != nil {
		return p, fmt.Errorf("finding the repository: %w", err)
	}
	if _, err := os.Stat(filepath.Join(root, "serve.go")); err != nil {
		return p, fmt.Errorf("run it from the repository's root (make bench): %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return p, fmt.Errorf("making a directory: %w", err)
	}
	overlay, err := withoutPace(root, dir)
	if err != nil {
		return p, err
	}
	if err := compile(ctx, root, p.vigie, "."); err != nil {
		return p, err
	}
	if err := compile(ctx, root, p.unpaced, "-overlay", overlay, "."); err != nil {
		return p, err
	}
	for out, source := range map[string]string{p.hello: helloSource, p.server: serverSource, p.box: boxSource} {
		file := out + ".go"
		if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
			return p, fmt.Errorf("writing a program: %w", err)
		}
		if err := compile(ctx, dir, out, file); err != nil {
			return p, err
		}
	}
	return p, nil
}

// compile builds as a release is built.
func compile(ctx context.Context, in, out string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", out}, args...)...)
	cmd.Dir, cmd.Env = in, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w: %s", filepath.Base(out), err, said)
	}
	return nil
}

// withoutPace writes an overlay for the compiler in which the bot does not wait for Telegram's limits: a rate of updates
// could not be measured otherwise. No switch for that is in the released binary.
func withoutPace(root, dir string) (string, error) {
	const before, after = "telegram.Options{", "telegram.Options{Unpaced: true, "
	source, err := os.ReadFile(filepath.Join(root, "serve.go"))
	if err != nil {
		return "", fmt.Errorf("reading serve.go: %w", err)
	}
	if strings.Count(string(source), before) != 1 {
		return "", fmt.Errorf("serve.go has not exactly one %q, where the pace would be taken away", before)
	}
	changed := filepath.Join(dir, "serve.go.unpaced")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "serve.go"): changed}})
	if err != nil {
		return "", fmt.Errorf("writing an overlay: %w", err)
	}
	if err := os.WriteFile(changed, []byte(strings.Replace(string(source), before, after, 1)), 0o644); err != nil {
		return "", fmt.Errorf("writing an overlay: %w", err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, list, 0o644); err != nil {
		return "", fmt.Errorf("writing an overlay: %w", err)
	}
	return file, nil
}
