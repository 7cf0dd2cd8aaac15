// Package e2e tests what a user runs: the real binary, over HTTP against the strict stand-in Bot API with Telegram's
// rates, on the real Docker Engine with a small compose project of its own; and breaks each of them in turn.
//
// Read world_test.go (a bot, its chat, its people), stack_test.go (its containers), proxy_test.go (what stands between
// the two, and can hold or cut calls), journal_test.go (what was written down); then the tests.
package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/data/datatest"
)

const (
	binaryEnv = "VIGIE_E2E_BINARY" // where the guardian built the bot
	runEnv    = "VIGIE_E2E_RUN"    // the guardian's process id, which is in every name in Docker
)

// TestMain runs the tests in a child of this process, which cleans up after it however it ends.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(binaryEnv) != "" {
		if p := flag.Lookup("test.parallel"); p.Value.String() == p.DefValue {
			if err := p.Value.Set("7"); err != nil { // they wait most of the time
				panic(err)
			}
		}
		datatest.Main(m, nil)
	}
	code, err := guard()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// guard builds the bot, runs the tests on it, and removes what they left.
func guard() (code int, err error) {
	signal.Ignore(os.Interrupt, syscall.SIGTERM) // for the child to end by; it comes to the whole group
	dir, err := os.MkdirTemp("", "vge_")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil { // PostgreSQL runs as another user below it
		return 1, err
	}
	binary := filepath.Join(dir, "vigie")
	build := exec.Command("go", "build", "-race", "-o", binary, "vigie")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building the bot: %w\n%s", err, out)
	}
	if err := sweep(); err != nil {
		return 1, err
	}
	tests := exec.Command(os.Args[0], os.Args[1:]...)
	tests.Stdout, tests.Stderr = os.Stdout, os.Stderr
	tests.Env = append(os.Environ(), binaryEnv+"="+binary, runEnv+"="+strconv.Itoa(os.Getpid()), "TMPDIR="+dir)
	if err := tests.Run(); tests.ProcessState == nil {
		return 1, err
	}
	if code = tests.ProcessState.ExitCode(); code < 0 {
		code = 1
	}
	return code, sweep()
}

// label marks images; the value is the run. Containers and networks have the run in their names: vge_<run>_<random>.
const label = "vigie.e2e"

// sweep removes from Docker what belongs to this run, and to runs that are no more.
func sweep() error {
	ours := func(run string) bool {
		pid, err := strconv.Atoi(run)
		return err == nil && (pid == os.Getpid() || syscall.Kill(pid, 0) != nil)
	}
	for _, kind := range []struct{ list, remove []string }{
		{[]string{"container", "ls", "-a", "--filter", "name=^/?([0-9a-f]{12}_)?vge_", "--format", "{{.ID}} {{.Names}}"}, []string{"container", "rm", "-f", "-v"}},
		{[]string{"network", "ls", "--filter", "name=^vge_", "--format", "{{.ID}} {{.Name}}"}, []string{"network", "rm"}},
		{[]string{"image", "ls", "-a", "--filter", "label=" + label, "--format", `{{.ID}} vge_{{.ID}}`}, []string{"image", "rm", "-f"}},
	} {
		list, err := docker(kind.list...)
		if err != nil {
			return err
		}
		for line := range strings.Lines(list) {
			id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
			_, rest, _ := strings.Cut(name, "vge_")
			run, _, _ := strings.Cut(rest, "_")
			if kind.remove[0] == "image" {
				if run, err = docker("image", "inspect", "--format", `{{index .Config.Labels "`+label+`"}}`, id); err != nil {
					continue // it went with another one of its names
				}
			}
			if !ours(strings.TrimSpace(run)) {
				continue
			}
			if _, err := docker(append(kind.remove, id)...); err != nil && !strings.Contains(strings.ToLower(err.Error()), "no such") {
				return err
			}
		}
	}
	return nil
}

// docker runs the command line, with the engine that the tests use.
func docker(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("docker %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return string(out), nil
}
