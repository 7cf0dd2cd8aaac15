package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// counted counts what is asked of a host.
type counted struct {
	Host
	lists, inspects, all atomic.Int64
}

func (c *counted) List(ctx context.Context) ([]Container, error) {
	c.lists.Add(1)
	c.all.Add(1)
	return c.Host.List(ctx)
}

func (c *counted) Inspect(ctx context.Context, id string) (Detail, error) {
	c.inspects.Add(1)
	c.all.Add(1)
	return c.Host.Inspect(ctx, id)
}

func (c *counted) Logs(ctx context.Context, id string, q LogQuery) ([]Line, error) {
	c.all.Add(1)
	return c.Host.Logs(ctx, id, q)
}

// filed has compose files that a test changes.
type filed struct {
	Compose
	change func([]File) ([]File, error)
}

func (f filed) Files(ctx context.Context) ([]File, error) {
	files, err := f.Compose.Files(ctx)
	if err != nil {
		return files, err
	}
	return f.change(files)
}

func first(a *ops.Answer) string { return ops.Unmark(a.Blocks[0].Line.En) }

func lines(a *ops.Answer) string {
	p := &opstest.Printer{Lang: ops.English, Button: pressed}
	p.Asked(a, nil, nil)
	return p.String()
}

// A sound stack is told of after one call; a broken one costs a few looks more, however much of it is broken.
func TestStatusCost(t *testing.T) {
	for _, c := range []struct {
		name, each string
		inspects   int64
	}{{"sound", "running healthy up=2d", 0}, {"broken", "running unhealthy up=2d", closeLooks}, {"looping", "restarting 1 up=2s", closeLooks}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var world strings.Builder
				for i := range 40 {
					fmt.Fprintf(&world, "s%d %s\n", i, c.each)
				}
				d := fakeDesk(t, world.String(), ops.English)
				host := &counted{Host: d.fake}
				d.stack.Host = host
				a, _, err := d.ask("status")
				if err != nil {
					t.Fatal(err)
				}
				if host.lists.Load() != 1 || host.inspects.Load() != c.inspects || host.all.Load() != 1+c.inspects {
					t.Errorf("%d lists, %d inspects, %d calls", host.lists.Load(), host.inspects.Load(), host.all.Load())
				}
				open := 0
				for _, b := range a.Blocks {
					if !b.Fold {
						open++
					}
				}
				if open > 12 {
					t.Errorf("%d lines in the open", open)
				}
			})
		})
	}
}

// Without compose files everything that Docker alone can tell still works; other projects are not ours.
func TestWithoutFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "n8n running healthy up=2d\nn8n-init exited 0 oneshot up=2d\ngrafana exited 3 up=1m\ncontainer cf-web running project=content\n", ops.English)
		d.stack.Compose = nil
		a, _, err := d.ask("status")
		if err != nil {
			t.Fatal(err)
		}
		if got := first(a); got != "🔴 1 of 2 needs you · javisi" {
			t.Error(got)
		}
		if s := lines(a); !strings.Contains(s, "`n8n-init` ended with exit 0") || strings.Contains(s, "cf-web") {
			t.Error(s)
		}
		for _, ask := range []string{"recreate service=n8n", "update service=n8n", "up phase=all", "down phase=all"} {
			if _, _, err := d.ask(ask); ops.KindOf(err) != ops.Invalid || !strings.Contains(ops.SayOf(err).En, "compose file") {
				t.Errorf("%s: %v", ask, err)
			}
		}
		if r, err := d.do("restart service=n8n"); err != nil || r.State != ops.Succeeded {
			t.Errorf("restart: %v %v %v", r.State, r.Why.En, err)
		}
		d.stack.Project = ""
		a, _, err = d.ask("status show=all")
		if err != nil {
			t.Fatal(err)
		}
		if s := lines(a); !strings.Contains(s, "`cf-web`") || !strings.Contains(s, "every container") {
			t.Error(s)
		}
	})
}

// A compose file that cannot be read is said, and makes orphans of nobody.
func TestUnreadableFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "redis running up=9d phase=infra\nn8n running healthy up=2d\n", ops.English)
		bad := ops.Fail(ops.Invalid, ops.T("docker-compose.yml is wrong at line 3", "docker-compose.yml est faux ligne 3"), errors.New("yaml"))
		d.stack.Compose = filed{d.stack.Compose, func(f []File) ([]File, error) { return f[:1], bad }}
		a, _, err := d.ask("status")
		if err != nil {
			t.Fatal(err)
		}
		if s := lines(a); !strings.Contains(s, "🟢 2 of 2") || !strings.Contains(s, "wrong at line 3") || strings.Contains(s, "in no compose file") {
			t.Error(s)
		}
		for ask, ok := range map[string]bool{"up phase=apps": false, "up phase=all": false, "down phase=infra": true, "prune": false, "restart service=n8n": true} {
			if _, _, err := d.ask(ask); (err == nil) != ok || !ok && !strings.Contains(ops.SayOf(err).En, "line 3") {
				t.Errorf("%s: %v", ask, err)
			}
		}
	})
}

// A service that was taken out of the files is shown as such; it can be stopped and restarted, never made anew.
func TestOrphan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "n8n running healthy up=2d\nold running up=90d\n", ops.English)
		d.stack.Compose = filed{d.stack.Compose, func(f []File) ([]File, error) {
			f[0].Services = f[0].Services[:1]
			return f, nil
		}}
		a, _, err := d.ask("status")
		if err != nil {
			t.Fatal(err)
		}
		if s := lines(a); !strings.Contains(s, "⚪ in no compose file: `old`") {
			t.Error(s)
		}
		for ask, ok := range map[string]bool{"restart service=old": true, "stop service=old": true, "recreate service=old": false, "update service=old": false} {
			if _, _, err := d.ask(ask); (err == nil) != ok {
				t.Errorf("%s: %v", ask, err)
			}
		}
		if _, r, err := d.ask("down phase=all"); err != nil || strings.Contains(fmt.Sprint(r.Plan), "old") {
			t.Errorf("down: %v", err)
		}
	})
}

// Replicas are told apart by their containers, and made anew together.
func TestReplicas(t *testing.T) {
	list := []Container{
		{ID: "a1", Name: "p-worker-1", Service: "worker", Project: "p", State: "running", Since: "2 days"},
		{ID: "a2", Name: "p-worker-2", Service: "worker", Project: "p", State: "exited", ExitCode: 1, Since: "3 minutes"},
		{ID: "a3", Name: "p-run-99", Service: "worker", Project: "p", State: "running", OneOff: true},
	}
	s := &Stack{Project: "p", Host: fixed{list: list}, Compose: fixedFiles{files: []File{{Path: "/p/c.yml", Phase: "apps", Services: []Service{{Name: "worker", Container: "p-worker-1", Image: "w:1"}}}}}}
	v, err := s.see(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(v.rows) != 2 || v.rows[0].name != "p-worker-1" || v.rows[1].is != failed {
		t.Fatalf("%+v", v.rows)
	}
	var e *ops.Error
	if _, err := v.find("worker"); !errors.As(err, &e) || len(e.Choices) != 2 {
		t.Errorf("worker: %v", err)
	}
	r, err := v.find("p-worker-2")
	if err != nil {
		t.Fatal(err)
	}
	g := evidence{row: r}.group(v)
	if len(g.members) != 2 || len(g.locks) != 2 || len(g.facts) != 1 || len(unique(g.members)) != 1 {
		t.Errorf("%+v", g)
	}
	if c := s.choices(v); c[1].Also[0] != "worker-2" {
		t.Errorf("%+v", c)
	}
}

// fixed is a host of which only the list is asked.
type fixed struct {
	Host
	list []Container
}

func (f fixed) List(context.Context) ([]Container, error) { return f.list, nil }

type fixedFiles struct {
	Compose
	files []File
}

func (f fixedFiles) Files(context.Context) ([]File, error) { return f.files, nil }

// A changed env file needs a recreate: it is said where somebody would otherwise restart in vain.
func TestChangedEnvFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "litellm restarting 1 up=2s restarts=4 err=MissingEnvVarError\nn8n running healthy up=2d\n", ops.English)
		env := filepath.Join(t.TempDir(), "litellm.env")
		if err := os.WriteFile(env, []byte("KEY=hunter2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		written := time.Now().Add(-2 * time.Minute)
		if err := os.Chtimes(env, written, written); err != nil {
			t.Fatal(err)
		}
		d.stack.Compose = filed{d.stack.Compose, func(f []File) ([]File, error) {
			for i := range f[0].Services {
				f[0].Services[i].EnvFiles = []string{"/nowhere.env", env}
			}
			return f, nil
		}}
		for _, service := range []string{"litellm", "n8n"} {
			a, _, err := d.ask("inspect service=" + service)
			if err != nil {
				t.Fatal(err)
			}
			if s := lines(a); !strings.Contains(s, "recreate") || !strings.Contains(s, "[Recreate: recreate] [Restart: restart]") || strings.Contains(s, "hunter2") {
				t.Error(s)
			}
			_, r, err := d.ask("restart service=" + service)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Plan.Costs) != 1 || !strings.Contains(r.Plan.Costs[0].En, "a restart does not apply it, /recreate "+service) {
				t.Errorf("%v", r.Plan.Costs)
			}
		}
		_, r, err := d.ask("recreate service=n8n")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(env, time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if end, err := d.TryYes(r.ID); err != nil || end.State != ops.Outdated || !strings.Contains(end.Why.En, "env file") {
			t.Errorf("%v %v %v", end.State, end.Why.En, err)
		}
	})
}
