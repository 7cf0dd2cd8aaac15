package main

import (
	"context"
	"fmt"
	"time"

	"vigie/config"
	"vigie/ops/docker"
	"vigie/ops/postgres"
	"vigie/ops/qdrant"
	"vigie/ops/redis"
	"vigie/ops/restic"
	"vigie/ops/zerobyte"
)

// The restores are what holds data, and what keeps copies of it; nil is what the configuration does not have.
type restores struct {
	postgres *postgres.System
	redis    *redis.System
	qdrant   *qdrant.System
	restic   *restic.System
	zerobyte *zerobyte.System
}

// lookAfterData makes what dumps, restores and proves.
func (b *bot) lookAfterData(l *lookouts) error {
	r := &restores{}
	for _, add := range []func(*lookouts, *restores) error{b.lookAfterPostgres, b.lookAfterRedis, b.lookAfterQdrant, b.lookAfterRestic, b.lookAfterZerobyte, b.lookAfterBackups} {
		if err := add(l, r); err != nil {
			return err
		}
	}
	return nil
}

func (b *bot) lookAfterPostgres(l *lookouts, r *restores) error {
	c := b.cfg.Postgres
	if c.Service == "" {
		return nil
	}
	o := postgres.Options{Container: inPostgres{b.stack.Box(c.Service)}, Apps: forPostgres{b.stack}, Name: c.Service, User: c.User, Password: given(c.Password),
		Dumps: c.Dumps, Folder: c.DumpDir, Databases: map[string]postgres.Known{}, Zone: b.cfg.Stack.Location}
	for name, d := range c.Databases {
		o.Databases[name] = postgres.Known{Apps: d.Apps, Owner: d.Owner, Probe: d.Probe, AppUser: d.AppUser, AppPassword: given(d.AppPassword)}
	}
	r.postgres = postgres.New(o)
	l.bound = append(l.bound, postgres.Bind(r.postgres))
	return nil
}

func (b *bot) lookAfterRedis(l *lookouts, r *restores) error {
	c := b.cfg.Redis
	if c.Service == "" {
		return nil
	}
	r.redis = redis.New(redis.Options{Service: c.Service, Server: inRedis{b.stack.Box(c.Service)}, Apps: forRedis{b.stack}, Password: given(c.Password),
		Data: c.DataDir, Dumps: c.Dumps, Users: c.Apps})
	l.bound = append(l.bound, redis.Bind(r.redis))
	return nil
}

func (b *bot) lookAfterQdrant(l *lookouts, r *restores) (err error) {
	c := b.cfg.Qdrant
	if c.URL == "" {
		return nil
	}
	if r.qdrant, err = qdrant.New(qdrant.Options{URL: c.URL, Key: given(c.Key), Folder: c.DumpDir, Names: c.Names}); err != nil {
		return fmt.Errorf("looking after Qdrant: %w", err)
	}
	l.subject("qdrant", "backup")
	l.add(qdrant.Bind(r.qdrant), r.qdrant.Watcher())
	return nil
}

func (b *bot) lookAfterRestic(l *lookouts, r *restores) (err error) {
	c := b.cfg.Restic
	if len(c.Repositories) == 0 {
		return nil
	}
	o := restic.Options{Binary: c.Program, RestoreRoot: c.RestoreRoot, Cache: c.Cache, Every: time.Duration(c.Every), Kept: settings{b.store, "restic/"}}
	for _, p := range c.Repositories {
		one := restic.Repository{Name: p.Name, URL: p.URL.Reveal(), Password: p.Password, Env: map[string]restic.Secret{}, Host: p.Host, Tags: p.Tags,
			Newest: time.Duration(p.Newer), Paths: p.Paths}
		for name, secret := range p.Env {
			one.Env[name] = secret
		}
		o.Repositories = append(o.Repositories, one)
		l.subject("restic", p.Name)
	}
	if r.restic, err = restic.New(o); err != nil {
		return fmt.Errorf("looking after restic: %w", err)
	}
	l.add(restic.Bind(r.restic), r.restic.Watcher())
	return nil
}

func (b *bot) lookAfterZerobyte(l *lookouts, r *restores) (err error) {
	c := b.cfg.Zerobyte
	if c.URL == "" {
		return nil
	}
	o := zerobyte.Options{URL: c.URL, Key: given(c.Key), User: c.User, Password: given(c.Password), Scratch: c.RestoreRoot, Every: time.Duration(c.Every)}
	for _, p := range c.Repositories {
		o.Desired.Repositories = append(o.Desired.Repositories, zerobyte.DesiredRepository{Name: p.Name, Type: p.Type})
	}
	for _, v := range c.Volumes {
		o.Desired.Volumes = append(o.Desired.Volumes, zerobyte.DesiredVolume{Name: v.Name, Path: v.Path})
	}
	for _, j := range c.Jobs {
		k := j.Keep
		o.Desired.Jobs = append(o.Desired.Jobs, zerobyte.DesiredJob{Name: j.Name, Volume: j.Volume, Repository: j.Repository, Cron: j.Cron,
			Keep: zerobyte.Retention{Last: k.Last, Hourly: k.Hours, Daily: k.Days, Weekly: k.Weeks, Monthly: k.Months, Yearly: k.Years, Within: k.Within}})
		l.subject("job", j.Name)
	}
	if r.zerobyte, err = zerobyte.New(o); err != nil {
		return fmt.Errorf("looking after Zerobyte: %w", err)
	}
	l.add(zerobyte.Bind(r.zerobyte), r.zerobyte.Watcher())
	return nil
}

// given is a secret, or nil where none was given: an empty one in an interface is not nil.
func given(s config.Secret) interface{ Reveal() string } {
	if s.IsZero() {
		return nil
	}
	return s
}

// inPostgres is a service's container as the package postgres sees it.
type inPostgres struct{ *docker.Box }

func (b inPostgres) Exec(ctx context.Context, x postgres.Exec) (int, error) {
	return b.Box.Exec(ctx, docker.Exec(x))
}

type forPostgres struct{ *docker.Stack }

func (s forPostgres) Pausing(ctx context.Context, services []string) (postgres.Pause, error) {
	p, err := s.Stack.Pausing(ctx, services)
	return postgres.Pause(p), err
}
