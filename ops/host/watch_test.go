package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// A board is what the troubles come to for whoever hears them.
type board struct {
	t  *testing.T
	mu sync.Mutex // guards what follows: the watcher writes, the test reads

	open  map[string]ops.Trouble
	log   []string // what was told, with the time since the start
	mark  json.RawMessage
	start time.Time
}

// hear takes a sighting as [ops.Sighting] says it is meant.
func (b *board) hear(s ops.Sighting) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range s.Troubles {
		b.change(t)
	}
	if s.Whole != "" {
		for k, t := range b.open {
			told := false
			for _, o := range s.Troubles {
				told = told || key(o) == k && !o.Over
			}
			if strings.HasPrefix(t.Subject, s.Whole) && t.Fades == 0 && !told {
				b.change(ops.Trouble{Subject: t.Subject, Kind: t.Kind, Over: true})
			}
		}
	}
	if s.Mark != nil {
		b.mark = s.Mark
	}
}

func (b *board) change(t ops.Trouble) {
	_, was := b.open[key(t)]
	if t.Over {
		if was {
			delete(b.open, key(t))
			b.log = append(b.log, fmt.Sprintf("%v over %s", time.Since(b.start), key(t)))
		}
		return
	}
	b.open[key(t)] = t
	b.log = append(b.log, fmt.Sprintf("%v %s %s", time.Since(b.start), t.Severity, key(t)))
}

func (b *board) expect(lines ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if got, want := strings.Join(b.log, "\n"), strings.Join(lines, "\n"); got != want {
		b.t.Errorf("it told\n%s\nnot\n%s", got, want)
	}
	b.log = nil
}

// stamp starts the log's clock anew.
func stamp(b *board) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.start = time.Now()
}

func (b *board) find(name string) (ops.Trouble, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, ok := b.open[name]
	return t, ok
}

// watch starts the watcher of s; stop ends it and waits.
func watch(t *testing.T, s *System, b *board) (stop func()) {
	b.t = t
	if b.open == nil {
		b.open, b.start = map[string]ops.Trouble{}, time.Now()
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Watcher().Watch(ctx, b.mark, b.hear)
	}()
	return func() { cancel(); <-ended }
}

// scripted is a system of one host with a source that the test writes.
func scripted(t *testing.T, h Host) (*System, *script) {
	s := system(t, h)
	source := &script{next: fine()}
	s.hosts[0].source = source
	return s, source
}

func TestWatchTellsWhatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, source := scripted(t, Host{Name: "vps"})
		var b board
		defer watch(t, s, &b)()
		step := func(change func(*Reading), want ...string) {
			t.Helper()
			source.set(change)
			time.Sleep(30 * time.Second)
			synctest.Wait()
			b.expect(want...)
		}
		time.Sleep(time.Second)
		step(used(79))
		step(used(81), "1m0s warning disk:vps:/ full")
		step(used(78))
		step(used(81))
		step(used(93), "2m30s critical disk:vps:/ full")
		step(used(94)) // wavers: told again two minutes after
		step(used(88))
		step(used(76), "4m0s over disk:vps:/ full")
		step(func(r *Reading) { r.Boot = "two"; r.Uptime = 20 * time.Second }, "4m30s notice host:vps rebooted")
		step(func(r *Reading) { r.Boot = "three" }, "5m0s notice host:vps rebooted")
		step(func(r *Reading) { r.Boot = "four" }, "5m30s warning host:vps rebooted")
		step(func(r *Reading) { r.Disks = append(r.Disks, Disk{Mount: "/usb", Size: 100, Free: 5, Avail: 5}) }, "6m0s critical disk:vps:/usb full")
		step(func(r *Reading) { r.Disks = r.Disks[:1] }, "6m30s over disk:vps:/usb full")
	})
}

func TestWatchIsBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, source := scripted(t, Host{Name: "pi"})
		var b board
		source.set(used(95))
		defer watch(t, s, &b)()
		time.Sleep(31 * time.Second)
		b.expect("0s critical disk:pi:/ full")
		source.fail(ops.Fail(ops.Unavailable, ops.T("its node_exporter cannot be read (timeout)", "son node_exporter est illisible (timeout)"), errors.New("x")))
		time.Sleep(2 * time.Minute)
		b.expect("1m0s warning watch:host:pi blind")
		if tr, _ := b.find("watch:host:pi blind"); tr.Wait != 2*time.Minute || !contains(ops.Unmark(tr.Title.Fr), "pi est hors de vue : son node_exporter est illisible (timeout)") {
			t.Errorf("it tells %+v", tr)
		}
		if _, ok := b.find("disk:pi:/ full"); !ok {
			t.Error("what nobody can see is taken for over")
		}
		source.set(func(r *Reading) { r.Uptime = 10 * time.Second; r.Boot = "" })
		time.Sleep(time.Minute)
		b.expect("3m0s over watch:host:pi blind", "3m0s notice host:pi rebooted")
	})
}

func TestWatchGoesOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, source := scripted(t, Host{Name: "vps"})
		var b board
		source.set(func(r *Reading) {
			used(85)(r)
			r.Disks = append(r.Disks, Disk{Mount: "/usb", Size: 100, Free: 5, Avail: 5})
		})
		stop := watch(t, s, &b)
		time.Sleep(31 * time.Second)
		stop()
		b.expect("0s warning disk:vps:/ full", "0s critical disk:vps:/usb full")
		began := b.open["disk:vps:/ full"].At

		time.Sleep(time.Hour)
		s, source = scripted(t, Host{Name: "vps"})
		source.set(func(r *Reading) { used(78)(r); r.Boot = "two" })
		stop = watch(t, s, &b)
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		b.expect("1h0m31s warning disk:vps:/ full", "1h0m31s over disk:vps:/usb full", "1h0m31s notice host:vps rebooted")
		if !b.open["disk:vps:/ full"].At.Equal(began) {
			t.Error("it forgot since when")
		}

		s, _ = scripted(t, Host{Name: "other"})
		stop = watch(t, s, &b)
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		b.expect("1h0m32s over disk:vps:/ full")
	})
}

func TestWatchTellsOncePerChangeAndKeepsItsMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, source := scripted(t, Host{Name: "vps"})
		source.set(used(85))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		sightings, troubles := 0, 0
		s.Watcher().Watch(ctx, json.RawMessage(`{"broken`), func(told ops.Sighting) {
			sightings++
			for _, tr := range told.Troubles {
				if !tr.Over {
					troubles++
				}
			}
			if told.Mark != nil && !json.Valid(told.Mark) {
				t.Errorf("the mark is %s", told.Mark)
			}
		})
		if troubles != 1 || sightings > 9 { // the first look's two Wholes; then a mark every ten minutes
			t.Errorf("120 looks at one full disk were told as %d sightings with %d troubles", sightings, troubles)
		}
	})
}

// A slowDocker takes its time, as engines with many volumes do.
type slowDocker struct{ asked int }

func (d *slowDocker) DockerDisk(ctx context.Context) (int64, int64, string, error) {
	d.asked++
	select {
	case <-ctx.Done():
		return 0, 0, "", ctx.Err()
	case <-time.After(time.Minute):
		return 40_000_000_000, 12_000_000_000, "/var/lib/docker", nil
	}
}

func TestWatchFindsOutWhatDockerKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docker := &slowDocker{}
		s, source := scripted(t, Host{Name: "vps", Docker: docker})
		var b board
		stop := watch(t, s, &b)
		time.Sleep(10*time.Minute + time.Second)
		if docker.asked != 0 {
			t.Error("Docker counts its disk though no disk is in trouble")
		}
		stamp(&b)
		source.set(used(95))
		time.Sleep(2 * time.Hour)
		stop()
		// at once; with what Docker keeps; and when the jump is an hour ago, so that it no longer tells when the disk will be full
		b.expect("29s critical disk:vps:/ full", "1m29s critical disk:vps:/ full", "1h1m29s critical disk:vps:/ full")
		tr := b.open["disk:vps:/ full"]
		if docker.asked < 2 || docker.asked > 3 {
			t.Errorf("Docker was asked %d times in 2 h", docker.asked)
		}
		if len(tr.Lines) != 1 || tr.Lines[0].En != "Docker keeps 40 GB there, 12 GB of it unused" || tr.Offers[0].Ask.Op != "docker.prune" {
			t.Errorf("it tells %+v", tr)
		}
	})
}

func TestSharesSayWhatDockerCannotSee(t *testing.T) {
	disks := []Disk{{Mount: "/"}, {Mount: "/var/lib/docker"}}
	s := &shares{docker: true, total: 5e9, unused: 1e9, root: "/var/lib/docker", containerd: true, containerdSize: 18e9}
	if got := s.says(disks, disks[0]); len(got) != 2 || ops.Unmark(got[0].En) != "containerd keeps at least 18 GB in /var/lib/containerd" || !contains(got[1].En, "ctr -n moby leases ls") {
		t.Errorf("of / it says %v", got)
	}
	if got := s.says(disks, disks[1]); len(got) != 1 || !contains(got[0].Fr, "Docker y garde 5 Go, dont 1 Go inutilisés") {
		t.Errorf("of Docker's own disk it says %v", got)
	}
	if s.on(disks, disks[0]) || !s.on(disks, disks[1]) {
		t.Error("pruning is offered for the wrong disk")
	}
	newer := (&shares{silent: true}).after(s)
	if !newer.docker || newer.total != 5e9 || newer.containerdSize != 18e9 {
		t.Errorf("a finding that found nothing forgets: %+v", newer)
	}
}
