package restic

import (
	"context"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"vigie/ops"
)

// restore runs `restic restore` into the target, alone. It may be run again: what is there is written again.
func (s *System) restore(ctx context.Context, a restoreArgs) error {
	r, err := s.repo(a.Repository)
	if err != nil {
		return err
	}
	root, err := s.root()
	if err != nil {
		return err
	}
	defer root.Close()
	if !marked(root, a.target) {
		return ops.Fail(ops.Failed, ops.T("the folder %s is gone, or not of this restore", "le dossier %s a disparu, ou n’est pas de cette restauration", ops.Name(a.Name)), nil)
	}
	lock, err := s.hold(ctx, a.target)
	if err != nil {
		return err
	}
	defer lock.Close()
	args := []string{"restore", "--json", a.Snapshot, "--target", s.at(a.target)}
	if a.Path != "/" {
		args = append(args, "--include", pattern(a.Path))
	}
	var spoke atomic.Bool // it tells of its progress itself: from 0.16 on
	out := &lines{each: func(line []byte) {
		if p, ok := readStatus(line); ok && p.TotalBytes > 0 {
			spoke.Store(true)
			ops.Progress(ctx, p.Text())
		}
	}}
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { // waited for below
		defer close(watched)
		s.measure(watching, a, &spoke)
	}()
	got, err := s.run(ctx, r, call{args: args, out: out, files: []*os.File{lock}})
	stop()
	<-watched
	switch {
	case err != nil:
		return err
	case got.exit != 0:
		return s.unrestored(r, got)
	}
	ops.Progress(ctx, ops.T("%s, %s", "%s, %s", filesOf(a.Files), ops.Size(a.Bytes)))
	return nil
}

// unrestored says why a restore failed: which file, and why.
func (s *System) unrestored(r *Repository, got result) error {
	for line := range strings.Lines(got.said) {
		what, found := strings.CutPrefix(strings.TrimSpace(line), "ignoring error for ")
		if found && !strings.Contains(got.said, "no space left") {
			return ops.Fail(ops.Failed, ops.T("not everything came out of %s: «%s». /restic_check %s 100 says how much is damaged.", "tout n’est pas sorti de %s : « %s ». /restic_check %s 100 dit ce qui est abîmé.",
				ops.Name(r.Name), clip(what, 200), r.Name), nil)
		}
	}
	e := s.explain(r, got)
	if e.Kind == ops.Unavailable { // what is half there is put back, as after any failure
		e.Kind = ops.Failed
	}
	return e
}

// measure tells how much is there, for a restic that does not: at most a tenth of the time is spent on looking.
func (s *System) measure(ctx context.Context, a restoreArgs, spoke *atomic.Bool) {
	for pause := time.Second; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if spoke.Load() {
			return
		}
		begun, p := time.Now(), Progress{TotalBytes: a.Bytes, TotalFiles: a.Files}
		_ = fs.WalkDir(os.DirFS(s.at(a.target)), ".", func(_ string, d fs.DirEntry, err error) error {
			if info, no := infoOf(d, err); no == nil && d.Type().IsRegular() {
				p.Files, p.Bytes = p.Files+1, p.Bytes+info.Size()
			}
			return ctx.Err()
		}) // it only tells how far it is
		if p.TotalBytes > 0 {
			p.Done = min(float64(p.Bytes)/float64(p.TotalBytes), 1)
		}
		if ctx.Err() == nil {
			ops.Progress(ctx, p.Text())
		}
		pause = max(time.Second, 10*time.Since(begun))
	}
}

func infoOf(d fs.DirEntry, err error) (fs.FileInfo, error) {
	if err != nil {
		return nil, err
	}
	return d.Info()
}

// compare looks for every file of the snapshot in the target, in its full size, and for anything that is not of it.
func (s *System) compare(ctx context.Context, a restoreArgs) error {
	r, err := s.repo(a.Repository)
	if err != nil {
		return err
	}
	at, err := os.OpenRoot(s.at(a.target))
	if err != nil {
		return ops.Fail(ops.Failed, ops.T("the folder %s is gone", "le dossier %s a disparu", ops.Name(a.Name)), err)
	}
	defer at.Close()
	var bad []string
	var found load
	err = s.list(ctx, r, a.Snapshot, a.Path, func(e entry) {
		if e.Type == "socket" { // restic does not bring those back
			found.others++
			return
		}
		info, err := at.Lstat(strings.TrimPrefix(e.Path, "/"))
		if err != nil || e.Type == "file" && (!info.Mode().IsRegular() || info.Size() != e.Size) || e.Type == "dir" && !info.IsDir() || e.Type == "symlink" && info.Mode().Type() != fs.ModeSymlink {
			bad = append(bad, e.Path)
			return
		}
		found.add(e)
	})
	switch {
	case err != nil:
		return err
	case len(bad) > 0:
		return ops.Fail(ops.Failed, ops.T("%s missing or short: %s", "%s manquants ou tronqués : %s", filesOf(len(bad)), some(3, bad)), nil)
	case found.files != a.Files || found.bytes != a.Bytes || found.others != a.Others:
		return ops.Fail(ops.Failed, ops.T("the snapshot is no longer what it was: %s, %s", "le cliché n’est plus ce qu’il était : %s, %s", filesOf(found.files), ops.Size(found.bytes)), nil)
	}
	return s.alone(ctx, at, found)
}

// alone checks that the target holds no other files than those that were found.
func (s *System) alone(ctx context.Context, at *os.Root, found load) error {
	files := 0
	err := fs.WalkDir(at.FS(), ".", func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files++
		}
		return err
	})
	if err != nil {
		return ops.Fail(ops.Unavailable, ops.T("what was restored cannot be looked through", "ce qui a été restauré ne peut être parcouru"), err)
	}
	if files != found.files {
		return ops.Fail(ops.Failed, ops.T("%s are there, and the snapshot has %d", "%s sont là, et le cliché en a %d", filesOf(files), found.files), nil)
	}
	ops.Progress(ctx, ops.T("%s, %s, as in the snapshot", "%s, %s, comme dans le cliché", filesOf(found.files), ops.Size(found.bytes)))
	return nil
}
