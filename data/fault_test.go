package data

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

func openFile(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// pragma changes the writing connection, of which there is one.
func pragma(t *testing.T, s *Store, what string) {
	t.Helper()
	if _, err := s.writes.Exec("PRAGMA " + what); err != nil {
		t.Fatal(err)
	}
}

func appendNote(s *Store, text string) error {
	_, err := s.Append(context.Background(), ops.Entry{What: ops.Note, Note: text})
	return err
}

func unbroken(t *testing.T, s *Store, n int64) {
	t.Helper()
	report, err := s.Verify(context.Background())
	if err != nil || report.Entries != n || len(report.Breaks) > 0 {
		t.Fatalf("want %d unbroken entries, got %d, %v (%v)", n, report.Entries, report.Breaks, err)
	}
}

func TestFullDiskAndBack(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "vigie.db"))
	ctx, big := context.Background(), strings.Repeat("x", 100_000)
	if err := appendNote(s, "before"); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := s.writes.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	pragma(t, s, fmt.Sprintf("max_page_count = %d", pages+2))
	if err := appendNote(s, big); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("appending to a full disk: %v", err)
	}
	body := json.RawMessage(`"` + big + `"`)
	if _, err := s.Save(ctx, ops.Doc{Kind: "run", ID: "r", Body: body}, ops.Entry{What: ops.Note}); err == nil || errors.Is(err, ops.ErrConflict) {
		t.Fatalf("saving to a full disk: %v", err)
	}
	// Small ones that still fit must not suffer from the big ones in their batch.
	var all sync.WaitGroup
	var fitted sync.Map
	for i := range 20 {
		all.Go(func() {
			if i%2 == 0 {
				_, err := s.Save(ctx, ops.Doc{Kind: "run", ID: fmt.Sprint(i), Body: body})
				if err == nil {
					t.Error("a big one fitted")
				}
			} else if err := s.SetSetting(ctx, "x", json.RawMessage(`1`)); err == nil {
				fitted.Store(i, true)
			} else {
				t.Errorf("a small one: %v", err)
			}
		})
	}
	all.Wait()
	unbroken(t, s, 1)
	pragma(t, s, "max_page_count = 1000000")
	if err := appendNote(s, big); err != nil {
		t.Fatalf("after there was space again: %v", err)
	}
	unbroken(t, s, 2)
	if stats, err := s.Stats(ctx); err != nil || stats.Failed < 3 {
		t.Errorf("%+v %v", stats, err)
	}
}

func TestReadOnlyDiskAndBack(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "vigie.db"))
	if _, err := s.Record(context.Background(), "telegram", []Update{{ID: 1}}); err != nil {
		t.Fatal(err)
	}
	pragma(t, s, "query_only = 1")
	if err := appendNote(s, "never"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Fatalf("appending: %v", err)
	}
	if err := s.Handled(context.Background(), "telegram", 1); err != nil { // kept until it can be written
		t.Fatal(err)
	}
	if _, err := s.Unhandled(context.Background(), "telegram"); err == nil {
		t.Error("marks that cannot be written were passed over")
	}
	pragma(t, s, "query_only = 0")
	if err := appendNote(s, "again"); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Unhandled(context.Background(), "telegram"); err != nil || len(list) > 0 {
		t.Errorf("the mark was lost: %v %v", list, err)
	}
	unbroken(t, s, 1)
}

func TestPlacesThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := filepath.Join(dir, "good.db")
	if err := openFile(t, good).Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	garbled := append([]byte{}, whole...)
	for i := 100; i < 4096; i++ {
		garbled[i] = 0xA5
	}
	for name, c := range map[string]struct{ path, want string }{
		"no folder":    {filepath.Join(dir, "no", "x.db"), filepath.Join(dir, "no")},
		"a folder":     {dir, "is not a file"},
		"in a file":    {filepath.Join(write("file", ""), "x.db"), "file"},
		"not SQLite":   {write("notes.txt", strings.Repeat("my shopping list ", 500)), "is not a SQLite database"},
		"short":        {write("short.db", "SQLite format 3"), "is not a SQLite database"},
		"damaged":      {write("damaged.db", string(garbled)), "is damaged"},
		"cut in half":  {write("half.db", string(whole[:len(whole)/2])), "is damaged"},
		"nothing said": {"", "needs a path or a dsn"},
	} {
		for how, open := range map[string]func(context.Context, Options) (*Store, error){"Open": Open, "OpenReadOnly": OpenReadOnly} {
			s, err := open(context.Background(), Options{Path: c.path})
			if err == nil {
				_ = s.Close()
				t.Errorf("%s: %s worked", name, how)
			} else if !strings.Contains(err.Error(), c.want) || (c.path != "" && !strings.Contains(err.Error(), filepath.Base(filepath.Dir(c.path)))) {
				t.Errorf("%s: %s says %q", name, how, err)
			}
		}
	}
	if _, err := Open(context.Background(), Options{DSN: "postgres://u:hunter2@127.0.0.1:1/x"}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("no server: %v", err)
	}
	if _, err := Open(context.Background(), Options{DSN: "postgres://u:hunter2@:bad:port/x"}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a bad dsn: %v", err)
	}
}

func TestFilesAreTheOwners(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name?#%41&mode=memory.db")
	s := openFile(t, path)
	if err := appendNote(s, "x"); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", suffix, info.Mode(), err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	unbroken(t, openFile(t, path), 1)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("left open to everybody: %v %v", info.Mode(), err)
	}
}

func TestCommitsAreDurable(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "vigie.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "10000"} {
		var got string
		if err := s.writes.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s (%v)", pragma, got, err)
		}
	}
}

// In a bubble nothing may be left running after Close, and time is the bubble's.
func TestStoreInABubble(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigie.db")
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		s, err := Open(ctx, Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				if _, err := s.Append(ctx, ops.Entry{What: ops.Note, Note: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		head, err := s.Head(ctx)
		if err != nil || head.Seq != 50 || !head.Time.Equal(time.Now()) {
			t.Errorf("the head is %v at %v (%v)", head, time.Now(), err)
		}
		if _, err := s.Record(ctx, "telegram", []Update{{ID: 1}, {ID: 2}}); err != nil {
			t.Error(err)
		}
		if err := s.Handled(ctx, "telegram", 1); err != nil {
			t.Error(err)
		}
		<-time.After(2 * laziness) // the bubble's time: the mark is written by itself
		if n := s.marks.waiting(); n != 0 {
			t.Errorf("%d marks still wait", n)
		}
		if report, err := s.Verify(ctx); err != nil || report.Entries != 50 || len(report.Breaks) > 0 {
			t.Errorf("%v %v", report, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
