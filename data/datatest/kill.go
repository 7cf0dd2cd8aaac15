package datatest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/data"
	"vigie/ops"
)

// storeEnv tells a child which store to work on.
const storeEnv = "VIGIE_DATATEST_STORE"

// A Child is this test binary, doing one of the jobs that [Main] knows, until it is killed.
type Child struct {
	Lines <-chan string // what it says; closed at its end
	cmd   *exec.Cmd
	said  sync.WaitGroup
}

// StartChild starts a child on a store.
func StartChild(t testing.TB, job string, o data.Options, args ...string) *Child {
	t.Helper()
	where, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &Child{cmd: exec.Command(self, args...)}
	c.cmd.Env = append(os.Environ(), childEnv+"="+job, storeEnv+"="+string(where))
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100_000) // never holds the child up
	c.Lines = lines
	c.said.Go(func() { // Kill waits for it
		defer close(lines)
		for in := bufio.NewReader(out); ; {
			line, err := in.ReadString('\n')
			if err != nil {
				if !errors.Is(err, io.EOF) {
					fmt.Fprintln(os.Stderr, "reading from the child:", err)
				}
				return // half a line was not said
			}
			lines <- strings.TrimSpace(line)
		}
	})
	t.Cleanup(func() { c.Kill() })
	return c
}

// Kill ends the child with SIGKILL and returns what it had still said.
func (c *Child) Kill() (rest []string) {
	_ = c.cmd.Process.Kill() // it may have ended by itself
	c.said.Wait()
	_ = c.cmd.Wait()
	for line := range c.Lines {
		rest = append(rest, line)
	}
	return rest
}

// ChildStore opens the store that a child was started on.
func ChildStore() *data.Store {
	var o data.Options
	if err := json.Unmarshal([]byte(os.Getenv(storeEnv)), &o); err != nil {
		panic(err)
	}
	s, err := reopen(o)
	if err != nil {
		panic(err)
	}
	return s
}

// reopen opens a store whose last process was killed: PostgreSQL takes a moment to notice.
func reopen(o data.Options) (s *data.Store, err error) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(time.Millisecond) {
		if s, err = data.Open(context.Background(), o); !errors.Is(err, data.ErrInUse) {
			break
		}
	}
	return s, err
}

// Reopen opens a store whose last process was killed, until the end of the test.
func Reopen(t testing.TB, o data.Options) *data.Store {
	t.Helper()
	s, err := reopen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// kills is how often a child is killed.
const kills = 20

// writeForEver is the child that writes with eight callers and says what was acknowledged.
func writeForEver() {
	s, ctx := ChildStore(), context.Background()
	var out sync.Mutex // guards stdout
	say := func(format string, args ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	for p := range 8 {
		go func() { // until the process is killed
			doc := ops.Doc{Kind: "run", ID: fmt.Sprintf("%d-%d", os.Getpid(), p), Body: json.RawMessage(`"x"`)}
			for i := 0; ; i++ {
				written, err := s.Append(ctx, note("%d", i), note("%d more", i))
				if err != nil {
					panic(err)
				}
				say("%s", data.MarkOf(written[1]))
				if doc.Version, err = s.Save(ctx, doc, note("saved")); err != nil {
					panic(err)
				}
				say("doc %s %d", doc.ID, doc.Version)
			}
		}()
	}
	select {}
}

// KillStore kills a writing process again and again: what it was told is written must be there, and
// the chain unbroken.
func KillStore(t *testing.T, place Place) {
	o, ctx := place(t), context.Background()
	var marks []data.Mark
	versions := map[string]int64{}
	take := func(line string) {
		var id string
		var version int64
		if n, _ := fmt.Sscanf(line, "doc %s %d", &id, &version); n == 2 {
			versions[id] = version
		} else if mark, err := data.ParseMark(line); err == nil {
			marks = append(marks, mark)
		} else {
			t.Fatalf("the child says %q", line)
		}
	}
	for range kills {
		child := StartChild(t, "store", o)
		for range 1 + rand.IntN(200) {
			line, ok := <-child.Lines
			if !ok {
				t.Fatal("the child ended by itself")
			}
			take(line)
		}
		<-time.After(time.Duration(rand.IntN(3_000)) * time.Microsecond) // somewhere in a commit
		for _, line := range child.Kill() {
			take(line)
		}
	}
	s := Reopen(t, o)
	report := must[data.VerifyReport](t)(s.Verify(ctx, marks...))
	if len(report.Breaks) > 0 || len(marks) < kills/2 || report.Entries < int64(len(marks)) {
		t.Errorf("%d entries, %d acknowledged, breaks %v", report.Entries, len(marks), report.Breaks)
	}
	for id, version := range versions {
		if doc := must[ops.Doc](t)(s.Load(ctx, "run", id)); doc.Version < version || doc.Version > version+1 {
			t.Errorf("%s has version %d, acknowledged was %d", id, doc.Version, version)
		}
	}
	t.Logf("%d kills, %d entries, %d acknowledged appends, %d documents", kills, report.Entries, len(marks), len(versions))
}
