package dockertest

import (
	"slices"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/docker"
)

func files(t *testing.T, s Setup) {
	got := must[[]docker.File](t)(s.Compose.Files(t.Context()))
	if len(got) != 2 || got[0].Path != s.Infra || got[1].Path != s.Apps || got[0].Phase != "infra" || got[1].Phase != "apps" || got[1].Modified.IsZero() {
		t.Fatalf("the files are %+v", got)
	}
	by := map[string]docker.Service{}
	for _, f := range got {
		for _, x := range f.Services {
			by[x.Name] = x
		}
	}
	if len(by) != 8 {
		t.Errorf("there are %d services", len(by))
	}
	if w := by["web"]; w.Container != s.name("web") || w.Image == "" || len(w.Health) == 0 || w.OneShot || w.Restart != "unless-stopped" {
		t.Errorf("web is %+v", w)
	}
	if !by["job"].OneShot || by["job"].Restart != "no" {
		t.Errorf("job is %+v", by["job"])
	}
	if !slices.Equal(by["opt"].Profiles, []string{"extra"}) {
		t.Errorf("opt is %+v", by["opt"])
	}
	ok(t, s.Compose.Ready(t.Context()))
}

func upDown(t *testing.T, s Setup) {
	ctx := t.Context()
	s.healthy(t, "db")
	s.healthy(t, "web")
	db := s.inspect(t, "db")
	untouched := func(when string) {
		t.Helper()
		if now := s.inspect(t, "db"); now.ID != db.ID || !now.Started.Equal(db.Started) || now.State != "running" || !slices.Equal(now.Networks, db.Networks) {
			t.Errorf("after %s db went from %+v to %+v", when, db, now)
		}
	}
	var said []string
	ok(t, s.Compose.Down(ctx, s.Apps, func(line string) { said = append(said, line) }))
	for _, service := range []string{"web", "job", "loop", "hog", "chatty", "slow"} {
		if _, there := s.row(t, service); there {
			t.Errorf("after down %s is still there", service)
		}
	}
	untouched("down of apps")
	if !slices.ContainsFunc(said, func(l string) bool { return strings.Contains(l, s.name("web")) && strings.Contains(l, "Removed") }) {
		t.Errorf("down said %q", said)
	}
	ok(t, s.Compose.Down(ctx, s.Apps, nil)) // nothing left: fine
	said = nil
	ok(t, s.Compose.Up(ctx, s.Apps, nil, false, func(line string) { said = append(said, line) }))
	s.healthy(t, "web")
	untouched("up of apps")
	if _, there := s.row(t, "opt"); there {
		t.Error("up started a service of a profile that nobody asked for")
	}
	if !slices.ContainsFunc(said, func(l string) bool { return strings.Contains(l, s.name("web")) && strings.Contains(l, "Started") }) {
		t.Errorf("up said %q", said)
	}
	web := s.inspect(t, "web")
	ok(t, s.Compose.Up(ctx, s.Infra, nil, true, nil))
	s.healthy(t, "db")
	if now := s.inspect(t, "web"); now.ID != web.ID || !now.Started.Equal(web.Started) {
		t.Error("recreating infra touched web")
	}
	ok(t, s.Compose.Down(ctx, s.Infra, nil))
	if now := s.inspect(t, "web"); now.ID != web.ID || now.State != "running" {
		t.Error("down of infra touched web")
	}
}

func recreate(t *testing.T, s Setup) {
	ctx := t.Context()
	s.healthy(t, "web")
	before, db := s.inspect(t, "web"), s.inspect(t, "db")
	s.Change(t, "web changed env=COLOUR,SHADE")
	ok(t, s.Host.Restart(ctx, s.name("web")))
	if now := s.inspect(t, "web"); now.ID != before.ID || slices.Contains(now.Env, "SHADE") {
		t.Errorf("a restart took the new environment: %+v", now)
	}
	ok(t, s.Compose.Up(ctx, s.Apps, []string{"web"}, false, nil))
	after := s.inspect(t, "web")
	if after.ID == before.ID || after.Service != "web" || after.Name != before.Name || !slices.Contains(after.Env, "SHADE") || after.ConfigHash == before.ConfigHash {
		t.Errorf("made anew from %+v to %+v", before, after)
	}
	ok(t, s.Compose.Up(ctx, s.Apps, []string{"web"}, false, nil))
	if now := s.inspect(t, "web"); now.ID != after.ID {
		t.Error("made anew though nothing changed")
	}
	ok(t, s.Compose.Up(ctx, s.Apps, []string{"web"}, true, nil))
	if now := s.inspect(t, "web"); now.ID == after.ID || now.Restarts != 0 {
		t.Errorf("asked to be made anew, it is still %+v", now)
	}
	if now := s.inspect(t, "db"); now.ID != db.ID || !now.Started.Equal(db.Started) {
		t.Error("recreating web touched db")
	}
	wants(t, s.Compose.Up(ctx, s.Apps, []string{"nobody"}, false, nil), ops.NotFound)
	wants(t, s.Compose.Up(ctx, s.Apps, []string{"db"}, false, nil), ops.NotFound) // it is the other file's
	wants(t, s.Compose.Up(ctx, s.Apps, []string{"--remove-orphans"}, false, nil), ops.NotFound, ops.Invalid)
	wants(t, s.Compose.Up(ctx, "nowhere.yml", nil, false, nil), ops.NotFound)
}

func composeStop(t *testing.T, s Setup) {
	ctx := t.Context()
	s.healthy(t, "web")
	ok(t, s.Compose.Stop(ctx, s.Apps, []string{"web"}, nil))
	if d := s.inspect(t, "web"); d.State != "exited" {
		t.Errorf("stopped web is %+v", d)
	}
	if d := s.inspect(t, "db"); d.State != "running" {
		t.Errorf("stopping web touched db: %+v", d)
	}
	ok(t, s.Compose.Up(ctx, s.Apps, []string{"web"}, false, nil))
	s.healthy(t, "web")
	ok(t, s.Compose.Stop(ctx, s.Apps, nil, nil))
	for _, service := range []string{"web", "slow", "loop"} {
		if d := s.inspect(t, service); d.State != "exited" {
			t.Errorf("stopped %s is %s", service, d.State)
		}
	}
	if d := s.inspect(t, "db"); d.State != "running" {
		t.Errorf("stopping apps touched db: %+v", d)
	}
}
