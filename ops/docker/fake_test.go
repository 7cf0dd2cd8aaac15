package docker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

const fakeWorld = `
# the infrastructure
postgresql running healthy phase=infra image=postgres:18.4 mem=300M/1536M
grafana running unhealthy image=grafana:12.4.3 up=3m restarts=0 health="503 from /api/health" log="one\ntwo \"quoted\"" mem=180M/384M phase=apps
n8n-init exited 0 oneshot ago=2h
firefly-iii running container=javisi_firefly ready=10s port=127.0.0.1:80→80/tcp
openclaw restarting 137 restarts=6 oom image=openclaw:1 exits=137
service metube off profile=studio
container stranger running image=redis:latest
image old:1 size=900M
image junk dangling size=50M
cache 2G
`

func fake(t *testing.T) *Fake {
	t.Helper()
	f, err := NewFake(fakeWorld)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func do(t *testing.T, f *Fake, changes ...string) {
	t.Helper()
	for _, c := range changes {
		if err := f.Do(c); err != nil {
			t.Fatal(err)
		}
	}
}

func look(t *testing.T, f *Fake, name string) Detail {
	t.Helper()
	d, err := f.Inspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFakeWorld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fake(t)
		g := look(t, f, "javisi_grafana")
		if g.Health != "unhealthy" || g.Image != "grafana:12.4.3" || g.Since != "3 minutes" || g.Memory != 384e6 || g.HealthLog[0].Output != "503 from /api/health" || g.Streak == 0 {
			t.Errorf("grafana is %+v", g)
		}
		if lines, err := f.Logs(t.Context(), "javisi_grafana", LogQuery{}); err != nil || len(lines) != 2 || lines[1].Text != `two "quoted"` {
			t.Errorf("grafana said %+v, %v", lines, err)
		}
		if d := look(t, f, "javisi_firefly"); d.Service != "firefly-iii" || len(d.Ports) != 1 {
			t.Errorf("firefly is %+v", d)
		}
		if d := look(t, f, "javisi_n8n_init"); d.State != "exited" || d.ExitCode != 0 || d.Since != "2 hours" {
			t.Errorf("n8n-init is %+v", d)
		}
		if d := look(t, f, "javisi_openclaw"); d.State != "restarting" || !d.OOM || d.Restarts != 6 || d.ExitCode != 137 {
			t.Errorf("openclaw is %+v", d)
		}
		if d := look(t, f, "stranger"); d.Service != "" || d.Project != "" || d.File != "" {
			t.Errorf("the stranger is %+v", d)
		}
		if _, err := f.Inspect(t.Context(), "javisi_metube"); ops.KindOf(err) != ops.NotFound {
			t.Errorf("metube: %v", err)
		}
		disk, err := f.Disk(t.Context())
		if err != nil || len(disk[AllImages].Items) != 3 || disk[Images].Reclaimable != 50e6 || disk[BuildCache].Reclaimable != 2e9 {
			t.Errorf("the disk is %+v, %v", disk, err)
		}
		if freed, err := f.Prune(t.Context(), AllImages, []string{"metube:1"}); err != nil || freed != 950e6 {
			t.Errorf("pruned %d, %v", freed, err)
		}
	})
}

func TestFakeWorldErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a running\na running":    "two containers",
		"web dancing":             `"dancing"`,
		"web exited":              "what exit code",
		"web exited zero":         `"zero"`,
		"web mem=lots":            `"lots"`,
		"web colour=blue":         "colour=",
		`web log="open`:           "quote",
		"\n\nweb up=long":         "line 3",
		"image x weight=3":        "weight",
		"cache much":              `"much"`,
		"service":                 "what name",
		"web restarts=many ready": "many",
	} {
		if f, err := NewFake(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q makes %v, %v; want %q", text, f != nil, err, want)
		}
	}
	f := fake(t)
	for _, change := range []string{"", "engine", "nobody stopped", "grafana dances", "next dance hangs", "next restart dances", "new image for nobody", "new image for grafana dances", "image of nobody gone", "grafana exits loudly"} {
		if err := f.Do(change); err == nil {
			t.Errorf("%q was done", change)
		}
	}
}

func TestFakeFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ctx := fake(t), t.Context()
		do(t, f, "next restart hangs")
		began := time.Now()
		if err := f.Restart(ctx, "javisi_grafana"); ops.KindOf(err) != ops.Unknown || time.Since(began) != fakeHang {
			t.Errorf("a hanging restart: %v after %s", err, time.Since(began))
		}
		if look(t, f, "javisi_grafana").Started.After(began) {
			t.Error("a hanging restart took")
		}
		do(t, f, "next restart is lost")
		if err := f.Restart(ctx, "javisi_grafana"); ops.KindOf(err) != ops.Unknown || !look(t, f, "javisi_grafana").Started.After(began) {
			t.Errorf("a restart whose answer was lost: %v", err)
		}
		do(t, f, "next stop fails")
		if err := f.Stop(ctx, "javisi_grafana"); ops.KindOf(err) != ops.Failed {
			t.Errorf("a stop that fails: %v", err)
		}
		do(t, f, "proxy forbids restart")
		if err := f.Restart(ctx, "javisi_grafana"); ops.KindOf(err) != ops.Denied || !strings.Contains(ops.Unmark(ops.SayOf(err).En), "POST=1 ALLOW_RESTARTS=1") {
			t.Errorf("a forbidden restart: %v", err)
		}
		do(t, f, "proxy allows restart", "engine gone")
		if _, err := f.List(ctx); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("with no engine: %v", err)
		}
		do(t, f, "engine back", "grafana becomes healthy")
		if err := f.Restart(ctx, "javisi_grafana"); err != nil || look(t, f, "javisi_grafana").Health != "starting" {
			t.Errorf("restarted: %v", err)
		}
		want := []string{"restart javisi_grafana", "restart javisi_grafana", "stop javisi_grafana", "restart javisi_grafana"}
		if got := f.Calls(); !slices.Equal(got, want) {
			t.Errorf("asked were %q, want %q", got, want)
		}
	})
}

func TestFakeHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fake(t)
		do(t, f, "grafana becomes healthy")
		if err := f.Restart(t.Context(), "javisi_grafana"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(fakeReady)
		if h := look(t, f, "javisi_grafana").Health; h != "starting" && h != "healthy" {
			t.Errorf("after a while it is %s", h)
		}
		do(t, f, "postgresql stays unhealthy", "firefly-iii exited 1", "n8n-init started")
		if look(t, f, "javisi_postgresql").Health != "unhealthy" || look(t, f, "javisi_firefly").ExitCode != 1 {
			t.Error("what was told did not happen")
		}
		time.Sleep(2 * fakeJob)
		if d := look(t, f, "javisi_n8n_init"); d.State != "exited" || d.ExitCode != 0 {
			t.Errorf("the one-shot is %+v", d)
		}
		before := look(t, f, "javisi_grafana").ID
		do(t, f, "grafana replaced")
		if look(t, f, "javisi_grafana").ID == before {
			t.Error("replaced by itself")
		}
	})
}

// TestFakeUpdate pulls a release that breaks, and goes back to the image that worked.
func TestFakeUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ctx := fake(t), t.Context()
		c, apps := f.Compose(), "/opt/javisi/docker-compose.yml"
		do(t, f, "grafana becomes healthy")
		good := look(t, f, "javisi_grafana").ImageID
		here, err := f.Pullable(ctx, "grafana:12.4.3")
		if err != nil {
			t.Fatal(err)
		}
		do(t, f, "new image for grafana exits 1")
		newer, err := f.Pullable(ctx, "grafana:12.4.3")
		if err != nil || newer == here {
			t.Errorf("the registry has %s, %v", newer, err)
		}
		id, err := f.Pull(ctx, "grafana:12.4.3", nil)
		if err != nil || id == good {
			t.Fatalf("pulled %s, %v", id, err)
		}
		if err := c.Up(ctx, apps, []string{"grafana"}, false, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if d := look(t, f, "javisi_grafana"); d.ImageID != id || d.State != "restarting" || d.ExitCode != 1 {
			t.Errorf("the new one is %+v", d)
		}
		if err := f.Tag(ctx, good, "grafana:12.4.3"); err != nil {
			t.Fatal(err)
		}
		if err := c.Up(ctx, apps, []string{"grafana"}, true, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(fakeReady)
		if d := look(t, f, "javisi_grafana"); d.ImageID != good || d.Health != "healthy" {
			t.Errorf("back to %+v", d)
		}
		do(t, f, "image of grafana gone from registry")
		if _, err := f.Pullable(ctx, "grafana:12.4.3"); ops.KindOf(err) != ops.NotFound {
			t.Errorf("pullable: %v", err)
		}
		do(t, f, "image of grafana gone")
		if err := c.Up(ctx, apps, []string{"grafana"}, true, nil); ops.KindOf(err) != ops.NotFound {
			t.Errorf("up without its image: %v", err)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := f.Pull(ended, "postgres:18.4", nil); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("nobody asked: %v", err)
		}
	})
}
