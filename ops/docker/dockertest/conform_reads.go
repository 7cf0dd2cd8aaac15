package dockertest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
)

func texts(lines []docker.Line) (list []string) {
	for _, l := range lines {
		list = append(list, l.Text)
	}
	return list
}

func logs(t *testing.T, s Setup) {
	ctx, id := t.Context(), s.name("chatty")
	read := func(q docker.LogQuery) []string {
		t.Helper()
		lines := must[[]docker.Line](t)(s.Host.Logs(ctx, id, q))
		for _, l := range lines {
			if l.At.IsZero() || l.Err {
				t.Errorf("line %+v", l)
			}
		}
		return texts(lines)
	}
	Until(t, "chatty has spoken", func() bool { return len(read(docker.LogQuery{})) >= len(chatter) })
	if got := read(docker.LogQuery{}); !slices.Equal(got, chatter) {
		t.Errorf("it said %q, want %q", got, chatter)
	}
	if got := read(docker.LogQuery{Lines: 2}); !slices.Equal(got, chatter[4:]) {
		t.Errorf("the last two are %q", got)
	}
	if got := read(docker.LogQuery{Find: "RED"}); !slices.Equal(got, []string{"red alert"}) {
		t.Errorf("found %q", got)
	}
	if got := read(docker.LogQuery{Find: "b", Lines: 1}); !slices.Equal(got, []string{"<b>bold</b> & co"}) {
		t.Errorf("the newest with a b is %q", got)
	}
	if got := read(docker.LogQuery{Find: "never said"}); len(got) != 0 {
		t.Errorf("found %q", got)
	}
	if got := read(docker.LogQuery{Bytes: 15}); !slices.Equal(got, chatter[5:]) {
		t.Errorf("the last 15 bytes are of %q", got)
	}
	if got := read(docker.LogQuery{Until: time.Now().Add(-1000 * time.Hour)}); len(got) != 0 {
		t.Errorf("a thousand hours ago it said %q", got)
	}
}

func logTimes(t *testing.T, s Setup) {
	s.healthy(t, "web")
	before := time.Now()
	ok(t, s.Host.Restart(t.Context(), s.name("web")))
	since := func() []docker.Line {
		return must[[]docker.Line](t)(s.Host.Logs(t.Context(), s.name("web"), docker.LogQuery{Since: before}))
	}
	Until(t, "web says that it started", func() bool { return len(since()) > 0 })
	for _, l := range since() {
		if l.At.Before(before) || !strings.HasPrefix(l.Text, "started") {
			t.Errorf("since %s: %+v", before, l)
		}
	}
}

func follow(t *testing.T, s Setup) {
	s.healthy(t, "web")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	heard, ended := make(chan docker.Line, 100), make(chan error, 1)
	go func() { ended <- s.Host.Follow(ctx, s.name("web"), time.Now(), func(l docker.Line) { heard <- l }) }()
	for range 2 { // it goes on after the container was stopped
		ok(t, s.Host.Restart(t.Context(), s.name("web")))
		select {
		case l := <-heard:
			if !strings.HasPrefix(l.Text, "started") {
				t.Errorf("heard %+v", l)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("heard nothing")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("followed until %v", err)
	}
	select {
	case l := <-heard:
		t.Errorf("heard %+v twice", l)
	default:
	}
}

func stats(t *testing.T, s Setup) {
	s.healthy(t, "web")
	s.healthy(t, "db")
	Until(t, "job ended", func() bool { c, _ := s.row(t, "job"); return c.State == "exited" })
	web, db := s.name("web"), s.inspect(t, "db").ID
	began := time.Now()
	got := must[map[string]docker.Usage](t)(s.Host.Stats(t.Context(), web, db, s.name("job")))
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("measuring took %s", took)
	}
	if len(got) != 2 {
		t.Errorf("measured %v", got)
	}
	for _, id := range []string{web, db} {
		if u := got[id]; u.Limit <= 0 || u.PIDs <= 0 || u.CPU < 0 || u.Memory < 0 || u.Memory > u.Limit {
			t.Errorf("%s uses %+v", id, u)
		}
	}
	if none := must[map[string]docker.Usage](t)(s.Host.Stats(t.Context())); len(none) != 0 {
		t.Errorf("asked for nobody: %v", none)
	}
}

func images(t *testing.T, s Setup) {
	ctx := t.Context()
	d := s.inspect(t, "web")
	i := must[docker.Image](t)(s.Host.Image(ctx, d.Image))
	if i.ID != d.ImageID || !slices.Contains(i.Tags, d.Image) || i.Size <= 0 || i.Created.IsZero() {
		t.Errorf("the image is %+v of %+v", i, d.Container)
	}
	if byID := must[docker.Image](t)(s.Host.Image(ctx, i.ID)); byID.ID != i.ID {
		t.Errorf("by its id it is %+v", byID)
	}
	disk := must[docker.Disk](t)(s.Host.Disk(ctx))
	all := disk[docker.AllImages]
	if all.Count == 0 || all.Size <= 0 || len(all.Items) != len(all.Left) {
		t.Errorf("the disk is %+v", disk)
	}
	if slices.ContainsFunc(all.Left, func(u docker.Image) bool { return u.ID == d.ImageID }) {
		t.Error("an image in use counts as unused")
	}
	if _, err := s.Host.Prune(ctx, docker.Volumes, nil); ops.KindOf(err) != ops.Invalid {
		t.Errorf("pruning volumes: %v", err)
	}
}
