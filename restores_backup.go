package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"vigie/ops"
	"vigie/ops/backup"
	"vigie/ops/docker"
	"vigie/ops/postgres"
	"vigie/ops/qdrant"
	"vigie/ops/redis"
)

// lookAfterBackups puts together what saves, proves and restores everything.
func (b *bot) lookAfterBackups(l *lookouts, r *restores) error {
	c := b.cfg.Backup
	if !c.Given() {
		return nil
	}
	o := backup.Options{Stack: b.stack.Project, Root: c.Dir, Skip: c.Skip, ScriptLog: c.ScriptLog, Newer: time.Duration(c.Newer), Band: c.Band,
		Keep:     backup.Retention{Daily: c.Keep.Days, Weekly: c.Keep.Weeks, Monthly: c.Keep.Months, Yearly: c.Keep.Years},
		Rehearse: c.Rehearse, Rehearsed: time.Duration(c.ProvedWithin), Zone: b.cfg.Stack.Location, Kept: settings{b.store, "backup/"}}
	for _, f := range c.Files {
		o.Files = append(o.Files, backup.Files{Artefact: f.Artefact, Pattern: f.Path})
	}
	if len(c.Script) > 0 {
		o.Script = script(c.Script)
	}
	if len(c.Smoke) > 0 {
		o.Smoke = backup.Smoke{Script: script(c.Smoke), Known: c.KnownFailures}
	}
	if !c.HeartbeatURL.IsZero() {
		o.Heartbeat = beat{c.HeartbeatURL.Reveal()}.send
	}
	o.Sources = b.suppliers(r)
	o.Offsite, o.Desired = offsites(r)
	if c.Restore.Target != "" || c.Dir != "" {
		o.Restore = b.restoreAll(r)
	}
	if c.Schedule != "" {
		o.Save, o.Ask = c.Schedule, b.saveByItself
	}
	system, err := backup.New(o)
	if err != nil {
		return fmt.Errorf("looking after backups: %w", err)
	}
	l.add(backup.Bind(system), system)
	return nil
}

// saveByItself asks for a backup of everything as Vigie itself, and waits until it is over.
func (b *bot) saveByItself(ctx context.Context) error {
	id, err := b.byItself(ctx, "schedule", ops.Ask{Op: "backup.now", Args: ops.Args{"what": "own"}}, "", ops.English)
	if err != nil {
		return err
	}
	for {
		r, err := b.gate.Run(ctx, id)
		switch {
		case err != nil:
			return err
		case r.State == ops.Succeeded:
			return nil
		case r.Over() && !r.Why.IsZero():
			return ops.Fail(ops.Failed, r.Why, nil)
		case r.Over():
			return ops.Fail(ops.Failed, ops.T("it ended as %s: see /history", "elle s’est terminée ainsi : %s ; voir /history", string(r.State)), nil)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Second):
		}
	}
}

// suppliers list what can be saved.
func (b *bot) suppliers(r *restores) (list []backup.Supplier) {
	if r.postgres != nil {
		list = append(list, backup.Supplier{Name: "postgres", List: func(ctx context.Context) ([]backup.Source, error) {
			names, err := r.postgres.Live(ctx)
			var sources []backup.Source
			for _, name := range names {
				sources = append(sources, postgresSource(r.postgres, name))
			}
			return sources, err
		}})
	}
	if r.redis != nil {
		list = append(list, one("redis", redisSource(r.redis)))
	}
	if r.qdrant != nil {
		list = append(list, backup.Supplier{Name: "qdrant", List: func(ctx context.Context) ([]backup.Source, error) {
			names, err := r.qdrant.Collections(ctx)
			var sources []backup.Source
			for _, name := range names {
				if !qdrant.Ours(name) {
					sources = append(sources, qdrantSource(r.qdrant, name))
				}
			}
			return sources, err
		}})
	}
	if c := b.cfg.Backup.N8N; c.Service != "" {
		list = append(list, one("n8n", backup.N8N(inBackup{b.stack.Box(c.Service)})))
	}
	if c := b.cfg.Backup.Grafana; c.URL != "" {
		list = append(list, one("grafana", backup.Grafana(backup.GrafanaOptions{URL: c.URL, User: c.User, Password: given(c.Password)})))
	}
	return list
}

// one is a supplier of a single source.
func one(name string, s backup.Source) backup.Supplier {
	return backup.Supplier{Name: name, List: func(context.Context) ([]backup.Source, error) { return []backup.Source{s}, nil }}
}

// offsites are the places away from here, and what should be configured there.
func offsites(r *restores) (list []backup.Offsite, desired []backup.Desired) {
	if r.restic != nil {
		for _, name := range r.restic.Repositories() {
			list = append(list, backup.Offsite{Name: name, Look: func(ctx context.Context) (backup.Copies, error) {
				all, err := r.restic.Snapshots(ctx, name)
				var c backup.Copies
				for _, s := range all {
					if s.At.After(c.At) {
						c.At = s.At
					}
				}
				c.Says = ops.T("%d snapshots", "%d instantanés", len(all))
				return c, err
			}})
		}
	}
	if r.zerobyte != nil {
		desired = append(desired, backup.Desired{Name: "zerobyte", Check: func(ctx context.Context) (out []backup.Difference, err error) {
			all, err := r.zerobyte.Check(ctx)
			for _, d := range all {
				out = append(out, backup.Difference{What: d.Subject, Says: d.Says})
			}
			return out, err
		}})
	}
	return list, desired
}

// inBackup is a service's container as the package backup sees it.
type inBackup struct{ *docker.Box }

func (b inBackup) Exec(ctx context.Context, x backup.Exec) (int, error) {
	return b.Box.Exec(ctx, docker.Exec{Argv: x.Argv, Env: x.Env, User: x.User, Stdin: x.Stdin, Stdout: x.Stdout, Stderr: x.Stderr})
}

// A script is a program of the stack with its arguments, run on this machine: never through a shell.
type script []string

// Run runs it once. When ctx ends, it and what it started are ended.
func (s script) Run(ctx context.Context, each func(line string)) (exit int, err error) {
	cmd := exec.CommandContext(ctx, s[0], s[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	var reading sync.WaitGroup
	reading.Go(func() {
		lines := bufio.NewScanner(read)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			each(lines.Text())
		}
		_, _ = io.Copy(io.Discard, read) // a line that is longer than that: the rest must not block the program
	})
	err = cmd.Run()
	_ = write.Close() // never fails
	reading.Wait()
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return -1, ops.Fail(ops.Unknown, ops.T("%s was ended before it was done", "%s a été arrêté avant la fin", ops.Name(filepath.Base(s[0]))), ctx.Err())
	case errors.As(err, &ended):
		return ended.ExitCode(), nil
	case err != nil:
		return -1, ops.Fail(ops.Unavailable, ops.T("%s cannot be run here: it must be there, and be mine to run", "%s ne peut pas être lancé ici : il doit exister, et m’être permis", ops.Name(s[0])), err)
	}
	return 0, nil
}

// A beat is an address that is called when every proof holds. It is secret.
type beat struct{ url string }

func (p beat) send(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return errors.New("calling the backups' heartbeat: its address cannot be read")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		var whole *url.Error
		if errors.As(err, &whole) {
			err = whole.Err // the rest of it is the address
		}
		return fmt.Errorf("calling the backups' heartbeat: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the backups' heartbeat answered %s", resp.Status)
	}
	return nil
}

// postgresSource is one database as an artefact.
func postgresSource(p *postgres.System, name string) backup.Source {
	return backup.Source{Name: "postgres:" + name,
		Save: func(ctx context.Context, dir string, progress func(ops.Text)) (backup.File, error) {
			d, err := p.Dump(ctx, name, filepath.Join(dir, name+".dump"), progress)
			return backup.File{Path: d.Path, Versions: map[string]string{"postgres": d.Version}}, err
		},
		Verify: func(ctx context.Context, path string) (backup.Proof, error) {
			d, err := p.VerifyAt(ctx, name, path)
			return backup.Proof{Says: ops.T("%d tables", "%d tables", len(d.Tables))}, err
		},
		Rehearse: func(ctx context.Context, path string) (backup.Rehearsal, error) {
			r, err := p.RehearseAt(ctx, name, path)
			return backup.Rehearsal{Says: ops.T("%d tables, %d rows, restored in %s", "%d tables, %d lignes, restauré en %s", r.Tables, r.Rows, ops.Span(r.Restored))}, err
		},
	}
}

// qdrantSource is one collection as an artefact.
func qdrantSource(q *qdrant.System, name string) backup.Source {
	return backup.Source{Name: "qdrant:" + name,
		Save: func(ctx context.Context, dir string, progress func(ops.Text)) (backup.File, error) {
			path := filepath.Join(dir, "collection.snapshot")
			_, err := q.Save(ctx, name, path, progress)
			return backup.File{Path: path}, err
		},
		Verify: func(ctx context.Context, path string) (backup.Proof, error) {
			n, err := q.Verify(ctx, path)
			return backup.Proof{Says: ops.T("%d files", "%d fichiers", n)}, err
		},
		Rehearse: func(ctx context.Context, path string) (backup.Rehearsal, error) {
			n, took, err := q.Rehearse(ctx, path)
			return backup.Rehearsal{Says: ops.T("%d points, loaded in %s", "%d points, chargés en %s", n, ops.Span(took))}, err
		},
	}
}

// redisSource is all of Redis as one artefact.
func redisSource(r *redis.System) backup.Source {
	return backup.Source{Name: "redis",
		Save: func(ctx context.Context, dir string, progress func(ops.Text)) (backup.File, error) {
			path := filepath.Join(dir, "dump.rdb")
			info, err := r.Save(ctx, path, progress)
			return backup.File{Path: path, Versions: map[string]string{"redis": info.Version}}, err
		},
		Verify: func(ctx context.Context, path string) (backup.Proof, error) {
			info, err := r.Verify(ctx, path)
			return backup.Proof{Says: ops.T("%d keys", "%d clés", info.Keys)}, err
		},
		Rehearse: func(ctx context.Context, path string) (backup.Rehearsal, error) {
			got, err := r.Rehearse(ctx, path)
			if errors.Is(err, redis.ErrNoRoom) { // says nothing of the file
				err = ops.Fail(ops.Unavailable, ops.SayOf(err), err)
			}
			return backup.Rehearsal{Says: ops.T("%d keys, loaded in %s", "%d clés, chargées en %s", got.Keys, ops.Span(got.Took))}, err
		},
	}
}
