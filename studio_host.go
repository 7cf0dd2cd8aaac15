package main

import (
	"context"
	"time"

	"vigie/guard"
	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/host"
	"vigie/ops/ssh"
	"vigie/ops/studio"
)

// openStudio makes the studio of the configuration: containers of its own project, on the stack's engine or on another machine's.
func (b *bot) openStudio(programs []studio.Program) (*studio.System, error) {
	c := b.cfg.Studio
	stack, err := b.studioStack()
	if err != nil {
		return nil, err
	}
	return studio.New(studio.Options{
		Host: c.Host, Containers: studioContainers{stack}, Machine: studioMachine{b.machines, c.Host, b.reach.clients[c.Host], b.cfg.Hosts[c.Host].Guard}, Programs: programs,
		Services: c.Services, Units: c.Units, Tailnet: c.Tailnet, Kept: settings{b.store, "studio/"}, Zone: b.cfg.Stack.Location, Wait: time.Duration(c.Wait),
		Proxy: studio.Proxy{Unit: c.Proxy, Validate: c.ProxyCheck, Names: c.Certificates, Address: c.CertificatesAt},
		Here:  c.Host == b.cfg.Stack.Host,
	})
}

// studioStack is the studio's project as ops/docker sees it. Compose reads files where it runs, so on another machine it runs there.
func (b *bot) studioStack() (*docker.Stack, error) {
	c := b.cfg.Studio
	at := len(c.Files) - 1
	o := docker.ComposeOptions{Project: c.Project, Dir: c.Dir, Files: []docker.ComposeFile{{Path: c.Files[at], Phase: "studio", Under: c.Files[:at]}}}
	s := &docker.Stack{Host: b.engine, Project: c.Project, Wait: time.Duration(c.Wait)}
	far := b.reach.clients[c.Host]
	if far == nil {
		o.Docker = b.cfg.Hosts[c.Host].Docker
		project, err := docker.OpenCompose(o)
		s.Compose = project
		return s, err
	}
	if c.Host != b.cfg.Stack.Host {
		engine, err := docker.DialThrough(far.Name(), far.DialDocker)
		if err != nil {
			return nil, err
		}
		s.Host = engine
	}
	project, err := docker.OpenFar(farCompose{far, ssh.Compose{Project: c.Project, Dir: c.Dir, Files: c.Files}}, o)
	s.Compose = project
	return s, err
}

// farCompose has Compose run over ssh.
type farCompose struct {
	over    *ssh.Client
	project ssh.Compose
}

func (f farCompose) Compose(ctx context.Context, verb string, services []string, say func(string)) ([]byte, int, error) {
	return f.over.Compose(ctx, f.project, verb, services, say)
}

// studioContainers are a stack's, in the studio's terms.
type studioContainers struct{ *docker.Stack }

func (c studioContainers) Look(ctx context.Context, measured bool) ([]studio.Service, error) {
	seen, err := c.Stack.Look(ctx, measured)
	list := make([]studio.Service, len(seen))
	for i, o := range seen {
		list[i] = studio.Service(o)
	}
	return list, err
}

func (c studioContainers) Prove(ctx context.Context, rising []studio.Rising) error {
	list := make([]docker.Rising, len(rising))
	for i, r := range rising {
		list[i] = docker.Rising(r)
	}
	return c.Stack.Prove(ctx, list)
}

// studioMachine is one of the machines that are looked at. over is nil for the one that the bot runs on.
type studioMachine struct {
	hosts   *host.System
	name    string
	over    *ssh.Client
	guarded bool
}

func (m studioMachine) Read(ctx context.Context) (studio.Reading, error) {
	r, err := m.hosts.Read(ctx, m.name)
	o := studio.Reading{Boot: r.Boot, Uptime: r.Uptime, Memory: r.Memory, Available: r.Available}
	for _, d := range r.Disks {
		if d.Size > 0 && !d.ReadOnly {
			o.Disks = append(o.Disks, studio.Disk{Mount: d.Mount, Used: d.Used(), Avail: d.Avail})
		}
	}
	return o, err
}

func (m studioMachine) Unit(ctx context.Context, unit string) studio.Unit {
	return studio.Unit(m.hosts.Unit(ctx, m.name, unit))
}

func (m studioMachine) RestartUnit(ctx context.Context, unit string) error {
	return m.hosts.RestartUnit(ctx, m.name, unit)
}

func (m studioMachine) ProveUnit(ctx context.Context, unit, was string) error {
	return m.hosts.ProveUnit(ctx, m.name, unit, was)
}

func (m studioMachine) UnitLock(unit string) string { return host.UnitLock(m.name, unit) }

// mostSaid bounds what is read of a program that checks something, in bytes.
const mostSaid = 64 << 10

func (m studioMachine) Run(ctx context.Context, argv []string) (int, string, error) {
	if m.over == nil {
		return 0, "", ops.Fail(ops.Invalid, ops.T("programs are run over ssh alone", "les programmes ne se lancent que par ssh"), nil)
	}
	r, err := m.over.Run(ctx, argv, mostSaid)
	if ops.KindOf(err) == ops.Unknown { // it only looks
		err = ops.Fail(ops.Unavailable, ops.SayOf(err), err)
	}
	if err == nil && m.guarded && r.Exit == guard.ExitRefused {
		return 0, "", ops.Fail(ops.Denied, ops.T("The guard of %s does not let %s through: list it there, word by word, below %s.", "Le garde de %s ne laisse pas passer %s : déclare-le là-bas, mot pour mot, sous %s.",
			ops.Name(m.name), ops.Name(argv[0]), ops.Name("[[command]]")), nil)
	}
	return r.Exit, string(r.Out) + string(r.Err), err
}
