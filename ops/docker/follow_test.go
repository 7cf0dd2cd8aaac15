package docker

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// A followed log shows its newest lines as they come, also across a restart, and ends when nobody watches.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "n8n running healthy up=2d log=\"one\\ntwo\"\n", ops.English)
		do := func(change string) {
			t.Helper()
			if err := d.fake.Do(change); err != nil {
				t.Fatal(err)
			}
		}
		a, _, err := d.ask("logs service=n8n show=follow")
		if err != nil {
			t.Fatal(err)
		}
		if a.Live == nil || !strings.Contains(lines(a), "| two") {
			t.Fatalf("%s", lines(a))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var shown []string
		end := make(chan error, 1)
		go func() { // waited for below
			end <- a.Live(ctx, func(newer ops.Answer) { shown = append(shown, lines(&newer)) })
		}()
		latest := func() string {
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if len(shown) == 0 {
				return ""
			}
			return shown[len(shown)-1]
		}
		if got := latest(); got != "" {
			t.Errorf("shown with nothing new: %s", got)
		}
		do(`n8n logs "three"`)
		if got := latest(); !strings.Contains(got, "| two\n  | three") {
			t.Errorf("after three: %s", got)
		}
		do("n8n started")
		do(`n8n logs "four"`)
		if got := latest(); !strings.Contains(got, "| four") || strings.Count(got, "three") != 1 {
			t.Errorf("after a restart: %s", got)
		}
		for range 40 {
			do(`n8n logs "again"`)
			time.Sleep(10 * time.Millisecond)
		}
		if got := latest(); strings.Count(got, "again") != tailLines {
			t.Errorf("after many: %s", got)
		}
		if len(shown) > 8 {
			t.Errorf("shown %d times", len(shown))
		}
		cancel()
		if err := <-end; err != nil {
			t.Error(err)
		}
	})
}

// A log whose container goes away ends, and says so.
func TestFollowGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "n8n running healthy up=2d\n", ops.English)
		a, _, err := d.ask("logs service=n8n show=follow")
		if err != nil {
			t.Fatal(err)
		}
		if err := d.fake.Do("n8n removed"); err != nil {
			t.Fatal(err)
		}
		if err := a.Live(t.Context(), func(ops.Answer) {}); ops.KindOf(err) != ops.NotFound {
			t.Errorf("%v", err)
		}
	})
}

// A long log is a file with its end in the open, and the file has every line with its time.
func TestLongLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "n8n running healthy up=2d\n", ops.English)
		for range 300 {
			if err := d.fake.Do(`n8n logs "a line of thirty-three characters"`); err != nil {
				t.Fatal(err)
			}
		}
		a, _, err := d.ask("logs service=n8n lines=250")
		if err != nil {
			t.Fatal(err)
		}
		var file *ops.File
		tail := 0
		for _, b := range a.Blocks {
			if b.File != nil {
				file = b.File
			}
			if b.Code != "" {
				tail = strings.Count(b.Code, "\n") + 1
			}
		}
		if file == nil || file.Type != "text/plain" || strings.Count(string(file.Data), "\n") != 250 || tail != tailLines {
			t.Fatalf("%d lines inline, file %v", tail, file)
		}
		if !strings.HasPrefix(string(file.Data), "2000-01-01T00:00:00.000Z a line") {
			t.Errorf("%.60s", file.Data)
		}
	})
}
