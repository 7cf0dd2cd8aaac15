package docker

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"vigie/ops"
)

// What another operated system needs of a stack of its own, such as a studio that is started on demand: the same looks and the
// same proof as the ops here have.

// A Seen is one service as it is now, and as its file wants it.
type Seen struct {
	Name, Container   string
	ID                string // "" if it has no container
	State, Health     string // of the container; Health only says something while it runs
	Exit              int
	OOM               bool // something in it was killed for lack of memory
	Restarts          int
	Started, Finished time.Time
	Streak            string // what its failing health check printed last
	Limit             int64  // of memory, in bytes: the container's, or the file's if there is none; 0 is none
	Used              int64  // bytes, if it runs and was measured
	CPU               float64
	Ref, Image        string // what the file asks for, and the id of what the container was made from
	Build             bool   // it is built, not pulled
	Profile           bool   // only on demand
	Checked           bool   // its health check can fail
	Orphan            bool   // of the project, and in none of its files
}

// A Rising is a service that is to be proved up. Was, if it is not zero, is when it was started before: it must have been started since.
type Rising struct {
	Service, Container string
	Checked            bool
	Was                time.Time
}

// Look sees every service of the stack, by name; measured, also what those that run use, which takes about 2 s.
func (s *Stack) Look(ctx context.Context, measured bool) ([]Seen, error) {
	v, err := s.see(ctx)
	if err == nil {
		err = v.warn
	}
	if err != nil {
		return nil, err
	}
	list := make([]Seen, len(v.rows))
	errs := make([]error, len(v.rows))
	var all sync.WaitGroup
	for i, r := range v.rows {
		all.Go(func() { list[i], errs[i] = s.seen(ctx, r) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	if measured {
		if err := s.weigh(ctx, list); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Stack) seen(ctx context.Context, r row) (Seen, error) {
	o := Seen{Name: r.serviceName(), Container: r.container(), Ref: r.ref(), Orphan: r.orphan || r.want == nil}
	test := []string(nil)
	if w := r.want; w != nil {
		o.Limit, o.Build, o.Profile, test = w.Memory, w.Build, len(w.Profiles) > 0, w.Health
		if o.Ref == "" {
			o.Ref = s.Project + "-" + w.Name // what compose calls what it builds
		}
	}
	if r.box != nil {
		d, err := s.Host.Inspect(ctx, r.box.ID)
		if err != nil && ops.KindOf(err) != ops.NotFound {
			return o, err
		}
		if err == nil {
			o.ID, o.State, o.Health, o.Exit, o.OOM, o.Restarts = d.ID, d.State, d.Health, d.ExitCode, d.OOM, d.Restarts
			o.Started, o.Finished, o.Limit, o.Image = d.Started, d.Finished, cmp.Or(d.Memory, o.Limit), d.ImageID
			o.Streak = clip(d.sickness(), 100)
			if len(d.HealthTest) > 0 {
				test = d.HealthTest
			}
		}
	}
	o.Checked = probing(test)
	return o, nil
}

func (s *Stack) weigh(ctx context.Context, list []Seen) error {
	var ids []string
	for _, o := range list {
		if o.State == "running" {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	used, err := s.Host.Stats(ctx, ids...)
	for i := range list {
		if u, ok := used[list[i].ID]; ok && list[i].ID != "" {
			list[i].Used, list[i].CPU = u.Memory, u.CPU
		}
	}
	return err
}

// Raise has Compose start services of the stack, all of one file; with anew, they are made anew.
func (s *Stack) Raise(ctx context.Context, services []string, anew bool, say func(string)) error {
	file, members, err := s.holding(ctx, services)
	if err != nil {
		return err
	}
	if err := s.tidy(ctx, members); err != nil {
		return err
	}
	return s.Compose.Up(ctx, file, services, anew, say)
}

// Lower has Compose stop services, and keep their containers.
func (s *Stack) Lower(ctx context.Context, services []string, say func(string)) error {
	file, _, err := s.holding(ctx, services)
	if err != nil {
		return err
	}
	return s.Compose.Stop(ctx, file, services, say)
}

// Restart restarts a container.
func (s *Stack) Restart(ctx context.Context, container string) error {
	return s.Host.Restart(ctx, container)
}

// Make has Compose pull the images of some services, and build those of others.
func (s *Stack) Make(ctx context.Context, pulled, built []string, say func(string)) error {
	file, _, err := s.holding(ctx, slices.Concat(pulled, built))
	if err != nil {
		return err
	}
	maker, ok := s.Compose.(Maker)
	if !ok {
		return ops.Fail(ops.Invalid, ops.T("Images cannot be made here.", "On ne peut pas fabriquer d’images ici."), nil)
	}
	if len(pulled) > 0 {
		if err := maker.Pull(ctx, file, pulled, say); err != nil {
			return err
		}
	}
	if len(built) > 0 {
		return maker.Build(ctx, file, built, say)
	}
	return nil
}

// holding finds the file that has all those services.
func (s *Stack) holding(ctx context.Context, services []string) (string, []member, error) {
	if s.Compose == nil {
		return "", nil, noFile(s.Project)
	}
	files, err := s.Compose.Files(ctx)
	if err != nil {
		return "", nil, err
	}
	for _, f := range files {
		var members []member
		for _, w := range f.Services {
			if slices.Contains(services, w.Name) {
				members = append(members, member{Service: w.Name, Container: w.Container})
			}
		}
		if len(members) == len(services) {
			return f.Path, members, nil
		}
	}
	return "", nil, ops.Fail(ops.NotFound, ops.T("No compose file of %s has all of: %s", "Aucun fichier compose de %s n’a tous ces services : %s", ops.Name(s.Project), list(6, services...)), nil)
}

// Prove waits until every one of them is up, as the ops here prove it.
func (s *Stack) Prove(ctx context.Context, rising []Rising) error {
	members := make([]member, len(rising))
	for i, r := range rising {
		members[i] = member{Service: r.Service, Container: r.Container, Blind: !r.Checked}
		if !r.Was.IsZero() {
			members[i].Was = r.Was.UTC().Format(time.RFC3339Nano)
		}
	}
	return s.prove(ctx, members)
}

// Keep names an image so that it stays for a day, whatever its reference comes to mean. Refer makes the reference mean it again.
func (s *Stack) Keep(ctx context.Context, service, image string) error {
	return s.keep(ctx, service, image)
}

// Refer makes ref mean image.
func (s *Stack) Refer(ctx context.Context, ref, image string) error {
	return s.Host.Tag(ctx, image, ref)
}

// Meant is the id of the image that ref means here, "" if it means none.
func (s *Stack) Meant(ctx context.Context, ref string) (string, error) {
	i, err := s.Host.Image(ctx, ref)
	if ops.KindOf(err) == ops.NotFound {
		return "", nil
	}
	return i.ID, err
}

// Offered asks the registry for ref without fetching it: its digest, and whether that is what is here.
func (s *Stack) Offered(ctx context.Context, ref string) (digest string, here bool, err error) {
	if digest, err = s.Host.Pullable(ctx, ref); err != nil {
		return "", false, err
	}
	i, err := s.Host.Image(ctx, ref)
	if err != nil && ops.KindOf(err) != ops.NotFound {
		return "", false, err
	}
	return digest, err == nil && has(i, digest), nil
}
