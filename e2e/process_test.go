package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A process is one run of the binary.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended

	mu  sync.Mutex // guards out
	out bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// code waits until the process has ended, and is its exit code; -1 when it was killed.
func (p *process) code(t testing.TB) int {
	t.Helper()
	until(t, "the process has ended", p.ended)
	return p.cmd.ProcessState.ExitCode()
}

// spawn runs the binary.
func (w *world) spawn(args ...string) *process {
	w.t.Helper()
	p := &process{cmd: exec.Command(os.Getenv(binaryEnv), args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = w.dir, p, p, time.Second
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C", "TZ=UTC", "GORACE=halt_on_error=0"}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() { // waited for through done
		_ = p.cmd.Wait() // what it says is in ProcessState
		close(p.done)
	}()
	w.bots = append(w.bots, p)
	return p
}

// start starts the bot and waits until it hears.
func (w *world) start() {
	w.t.Helper()
	w.launch()
	w.until("the bot hears", func() bool {
		if w.bot.ended() {
			w.t.Fatalf("the bot has ended:\n%s", w.bot.said())
		}
		return w.tg.Polling()
	})
}

// launch starts the bot and does not wait.
func (w *world) launch() {
	w.until("the old poll is over", func() bool { return !w.tg.Polling() })
	w.bot = w.spawn("-config", w.config)
	w.starts++
}

// run runs a command to its end.
func (w *world) run(args ...string) (code int, said string) {
	w.t.Helper()
	p := w.spawn(append([]string{"-config", w.config}, args...)...)
	code = p.code(w.t)
	return code, p.said()
}

// kill is kill -9 of the bot and of what it runs, as when its container or its machine dies.
func (w *world) kill() {
	w.t.Helper()
	pid := w.bot.cmd.Process.Pid
	w.signal(syscall.SIGSTOP)
	all := append([]int{pid}, children(w.t, pid)...)
	for _, p := range all {
		_ = syscall.Kill(p, syscall.SIGKILL) // a child may have ended by itself
	}
	w.bot.code(w.t)
}

// killAlone is kill -9 of the bot only: a compose that it runs is an orphan then.
func (w *world) killAlone() (orphans []int) {
	w.t.Helper()
	orphans = children(w.t, w.bot.cmd.Process.Pid)
	w.signal(syscall.SIGKILL)
	w.bot.code(w.t)
	return orphans
}

func (w *world) signal(s syscall.Signal) {
	w.t.Helper()
	if err := w.bot.cmd.Process.Signal(s); err != nil {
		w.t.Fatal(err)
	}
}

// children are the processes below pid.
func children(t testing.TB, pid int) (list []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Fatalf("reading /proc: %v", err)
	}
	for _, file := range stats {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(raw[bytes.LastIndexByte(raw, ')')+1:]), " ")
		fields := strings.Fields(after)
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			if child, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				list = append(append(list, child), children(t, child)...)
			}
		}
	}
	return list
}
