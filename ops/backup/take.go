package backup

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// goesOn is for how long an unfinished backup is continued rather than begun anew: what it holds is still of the same night.
const goesOn = 6 * time.Hour

// take saves the named artefacts into one folder, one after the other, and writes its manifest at the end. What cannot be
// saved is left out and named in the manifest. Done again after it was cut short, it goes on in the folder that it had begun,
// which it knows by the token; what stands in that as saved is read again before it is believed.
func (s *System) take(ctx context.Context, token string, names []string) (folder, error) {
	leave, err := s.alone(ctx)
	if err != nil {
		return folder{}, err
	}
	defer leave()
	sources, blind := s.sources(ctx)
	if err := ctx.Err(); err != nil {
		return folder{}, err
	}
	f, err := s.resume(ctx, token)
	if err != nil || f.finished {
		return f, err
	}
	f.Missing = nil
	for _, name := range names {
		if _, there := f.of(name); there {
			continue
		}
		saved, err := s.save(ctx, f, sources, name, func(t ops.Text) {
			ops.Progress(ctx, ops.Join(" · ", ops.T("%d/%d saved, %s", "%d/%d sauvegardés, %s", len(f.Files), len(names), ops.Size(f.size())), ops.T("%s %s", "%s %s", ops.Name(name), t)))
		})
		if ctx.Err() != nil {
			return folder{}, ctx.Err()
		}
		if err != nil {
			why := ops.SayOf(err)
			if _, listed := sources[name]; !listed && blind[kindOf(name)] != nil {
				why = ops.SayOf(blind[kindOf(name)])
			}
			f.Missing = append(f.Missing, Missing{name, short(why)})
			continue
		}
		f.Files = append(f.Files, saved)
		ops.Progress(ctx, ops.T("%d/%d saved, %s", "%d/%d sauvegardés, %s", len(f.Files), len(names), ops.Size(f.size())))
	}
	return s.seal(f)
}

// resume is the folder that an earlier try began, with what is still good in it, or finished; or a new one.
func (s *System) resume(ctx context.Context, token string) (folder, error) {
	list, err := s.folders()
	if err != nil {
		return folder{}, refused(s.o.Root, err)
	}
	for _, f := range list {
		age := now().Sub(f.Started)
		if f.Token != token || !f.wrong.IsZero() || age > goesOn || age < 0 {
			continue
		}
		if f.finished {
			return f, nil
		}
		var good []Saved
		for _, saved := range f.Files {
			path := filepath.Join(f.path, saved.Name)
			if digest, _, err := sum(ctx, path); err == nil && digest == saved.SHA256 {
				good = append(good, saved)
			} else if ctx.Err() == nil {
				_ = s.disk.Remove(path) // ours, and not whole
			}
		}
		f.Files = good
		return f, ctx.Err()
	}
	return s.begin(token)
}

// save saves one artefact into f: under a name that does not count, read back, on the disk, and only then under its own.
func (s *System) save(ctx context.Context, f folder, sources map[string]Source, name string, progress func(ops.Text)) (Saved, error) {
	src, ok := sources[name]
	if !ok {
		return Saved{}, ops.Fail(ops.NotFound, ops.T("it is no longer there", "il n’est plus là"), nil)
	}
	dir := filepath.Join(f.path, savingName)
	if err := empty(s.disk, dir); err != nil {
		return Saved{}, refused(dir, err)
	}
	if err := s.disk.Mkdir(dir); err != nil {
		return Saved{}, refused(dir, err)
	}
	defer func() { _ = empty(s.disk, dir) }() // what is left is emptied by the next save
	saved := Saved{Artefact: name, Started: now().UTC().Truncate(time.Millisecond)}
	file, err := src.Save(ctx, dir, progress)
	if err != nil {
		return Saved{}, err
	}
	if err := lies(file.Path, dir); err != nil {
		return Saved{}, err
	}
	progress(ops.T("is read back", "est relu"))
	proof, err := src.Verify(ctx, file.Path)
	if err != nil {
		return Saved{}, ops.Fail(ops.KindOf(err), ops.T("it was written but does not read back: %s", "écrit, mais ne se relit pas : %s", ops.SayOf(err)), err)
	}
	saved.Proof, saved.Versions, saved.Name = short(proof.Says), file.Versions, safe(name)+endings(file.Path)
	if saved.SHA256, saved.Size, err = sum(ctx, file.Path); err != nil {
		return Saved{}, refused(file.Path, err)
	}
	saved.Ended = now().UTC().Truncate(time.Millisecond)
	return saved, s.place(f, saved, file.Path)
}

// place moves what was saved to its own name in f. The marker names it first: so nothing is ever in a folder of ours that
// nothing accounts for.
func (s *System) place(f folder, saved Saved, from string) error {
	f.Files = append(slices.Clone(f.Files), saved)
	if err := s.disk.Sync(from); err != nil {
		return refused(from, err)
	}
	if err := replace(s.disk, filepath.Join(f.path, markerName), f.body()); err != nil {
		return refused(f.path, err)
	}
	to := filepath.Join(f.path, saved.Name)
	if err := s.disk.Rename(from, to); err != nil {
		return refused(f.path, err)
	}
	if err := s.disk.Sync(f.path); err != nil {
		_ = s.disk.Remove(to) // it would be in the folder, and not in the manifest
		return refused(f.path, err)
	}
	return nil
}

// lies reports what is wrong with the file that a source says it wrote: it must lie in dir, and hold something.
func lies(path, dir string) error {
	if filepath.Dir(path) != dir || !plain(filepath.Base(path)) {
		return ops.Fail(ops.Failed, ops.T("it was written elsewhere than asked for", "écrit ailleurs que demandé"), nil)
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil || !info.Mode().IsRegular():
		return ops.Fail(ops.Failed, ops.T("it said that it was done, and left no file", "il a dit avoir fini, sans laisser de fichier"), err)
	case info.Size() == 0:
		return ops.Fail(ops.Failed, ops.T("it said that it was done, and left an empty file", "il a dit avoir fini, en laissant un fichier vide"), nil)
	}
	return nil
}

// endings are the last parts of a file's name that say how it is to be read: ".dump", ".sql.gz".
func endings(path string) string {
	base := filepath.Base(path)
	last := filepath.Ext(base)
	switch last {
	case ".gz", ".zst", ".xz", ".bz2":
		last = filepath.Ext(strings.TrimSuffix(base, last)) + last
	}
	return last
}

// seal writes the manifest: from then on the folder is a backup.
func (s *System) seal(f folder) (folder, error) {
	if len(f.Files) == 0 {
		whys := make([]ops.Text, 0, len(f.Missing))
		for _, m := range f.Missing[:min(3, len(f.Missing))] {
			whys = append(whys, ops.T("%s: %s", "%s : %s", ops.Name(m.Artefact), m.Why))
		}
		err := s.remove(f) // there is nothing in it
		return f, ops.Fail(ops.Failed, ops.T("nothing could be saved: %s", "rien n’a pu être sauvegardé : %s", ops.Join("; ", whys...)), err)
	}
	if err := empty(s.disk, filepath.Join(f.path, savingName)); err != nil { // of an earlier try
		return f, refused(f.path, err)
	}
	f.Ended = now().UTC().Truncate(time.Millisecond)
	if err := replace(s.disk, filepath.Join(f.path, manifestName), f.body()); err != nil {
		return f, refused(f.path, err)
	}
	f.finished = true
	_ = s.disk.Remove(filepath.Join(f.path, markerName)) // harmless beside a manifest
	s.tidy()
	s.learnt()
	return f, nil
}
