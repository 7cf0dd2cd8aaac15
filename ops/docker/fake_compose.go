package docker

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// fakeCompose is the same world through `docker compose`.
type fakeCompose struct{ f *Fake }

var _ Compose = fakeCompose{}

// Compose operates the fake's world through its compose files.
func (f *Fake) Compose() Compose { return fakeCompose{f} }

// Files implements [Compose]: one file a phase, infra first.
func (c fakeCompose) Files(ctx context.Context) ([]File, error) {
	f := c.f
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, notSent(call{doing: doFiles}, err)
	}
	var files []File
	for _, b := range f.boxes {
		if !b.declared {
			continue
		}
		at := slices.IndexFunc(files, func(x File) bool { return x.Phase == b.phase })
		if at < 0 {
			at = len(files)
			files = append(files, File{Path: f.file(b), Phase: b.phase, Modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		}
		files[at].Services = append(files[at].Services, b.expected())
	}
	slices.SortStableFunc(files, func(a, b File) int { return fakeOrder(a.Phase) - fakeOrder(b.Phase) })
	return files, nil
}

func fakeOrder(phase string) int {
	if i := slices.Index([]string{"infra", "apps"}, phase); i >= 0 {
		return i
	}
	return 2
}

func (b *box) expected() Service {
	return Service{Name: b.Service, Container: b.Name, Image: b.image, Build: b.built, Profiles: b.profiles, Restart: b.Policy,
		Health: slices.Clone(b.HealthTest), DependsOn: slices.Clone(b.DependsOn), OneShot: b.oneShot, Memory: b.Memory, EnvFiles: slices.Clone(b.envFiles)}
}

// Ready implements [Compose].
func (c fakeCompose) Ready(ctx context.Context) error {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	return c.f.enter(ctx, call{doing: doCompose, needs: "POST=1 CONTAINERS=1"}, "compose")
}

// Up implements [Compose].
func (c fakeCompose) Up(ctx context.Context, file string, services []string, recreate bool, progress func(string)) error {
	words := append([]string{"up", path.Base(file)}, services...)
	if recreate {
		words = append(words, "--recreate")
	}
	return c.run(ctx, words, file, services, func(b *box) error { return c.f.up(ctx, b, recreate, progress) })
}

// Stop implements [Compose].
func (c fakeCompose) Stop(ctx context.Context, file string, services []string, progress func(string)) error {
	words := append([]string{"compose-stop", path.Base(file)}, services...)
	return c.run(ctx, words, file, services, func(b *box) error {
		spend(ctx, b.locked(c.f).stopTime())
		c.f.mu.Lock()
		defer c.f.mu.Unlock()
		if b.exists {
			c.f.announce(false)
			b.stop()
			c.f.announce(true)
			told(progress, b, "Stopped")
		}
		return nil
	})
}

// Down implements [Compose].
func (c fakeCompose) Down(ctx context.Context, file string, progress func(string)) error {
	return c.run(ctx, []string{"down", path.Base(file)}, file, nil, func(b *box) error {
		spend(ctx, b.locked(c.f).stopTime())
		c.f.mu.Lock()
		defer c.f.mu.Unlock()
		if b.exists {
			c.f.announce(false)
			b.exists = false
			c.f.announce(true)
			told(progress, b, "Removed")
		}
		return nil
	})
}

// locked reads b while nothing changes it.
func (b *box) locked(f *Fake) *box {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := *b
	return &c
}

// run makes one change to the services of one file.
func (c fakeCompose) run(ctx context.Context, words []string, file string, services []string, do func(*box) error) error {
	f, what := c.f, call{doing: doCompose, needs: "POST=1 CONTAINERS=1", changes: true}
	f.mu.Lock()
	f.calls = append(f.calls, strings.Join(words, " "))
	chosen, err := f.chosen(file, services)
	if gone := f.enter(ctx, what, "compose"); gone != nil {
		err = gone
	}
	f.mu.Unlock()
	if err != nil {
		return err
	}
	lost, err := f.befall(ctx, what, words[0])
	if err != nil {
		return err
	}
	for _, b := range chosen {
		if err := do(b); err != nil {
			return err
		}
	}
	return lost
}

func (f *Fake) chosen(file string, services []string) (list []*box, err error) {
	known := false
	for _, b := range f.boxes {
		if !b.declared || f.file(b) != file {
			continue
		}
		known = true
		if slices.Contains(services, b.Service) || len(services) == 0 && (len(b.profiles) == 0 || b.exists) {
			list = append(list, b)
		}
	}
	if !known {
		return nil, noFile(file)
	}
	for _, s := range services {
		if !slices.ContainsFunc(list, func(b *box) bool { return b.Service == s }) {
			return nil, noService(s, file)
		}
	}
	return list, nil
}

func (f *Fake) up(ctx context.Context, b *box, recreate bool, progress func(string)) error {
	f.mu.Lock()
	i := f.imageOf(b.image)
	was := *b
	f.mu.Unlock()
	if i == nil {
		return missingImage(b.image, fmt.Errorf("running docker compose: no such image: %s", b.image))
	}
	fresh := !was.exists || recreate || was.changed || was.ImageID != i.ID
	if was.exists && fresh {
		spend(ctx, was.stopTime())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.announce(false)
	defer f.announce(true)
	word := "Running"
	if fresh {
		word = "Recreated"
		if !b.exists {
			word = "Created"
		}
		b.exists, b.changed, b.Restarts, b.Created, b.logs = true, false, 0, time.Now(), nil
		b.Image, b.ImageID, b.digestOf, b.Env = b.image, i.ID, f.releaseOf(i.ID), b.wantEnv
		f.identify(b)
		told(progress, b, word)
	}
	if fresh || b.now().State != "running" {
		b.start()
		word = "Started"
	}
	told(progress, b, word)
	return nil
}

// releaseOf is how containers of an image behave, nil if it is as the world said.
func (f *Fake) releaseOf(id string) *release {
	for _, r := range f.registry {
		if r != nil && r.id == id {
			return r
		}
	}
	return nil
}

func told(progress func(string), b *box, word string) {
	if progress != nil {
		progress("Container " + b.Name + " " + word)
	}
}
