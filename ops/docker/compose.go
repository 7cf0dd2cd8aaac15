package docker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// ComposeOptions say which compose files make up a project.
type ComposeOptions struct {
	Project string // its name, explicitly: files never guess it
	Dir     string // its directory, where .env is; "" is that of the first file
	Files   []ComposeFile
	Docker  string // the engine that `docker compose` operates; "" is [DefaultHost]
}

// A ComposeFile is one phase of a project.
type ComposeFile struct {
	Path  string   // relative to the project's directory, or absolute
	Phase string   // "infra", "apps"
	Under []string // files that Path is laid over, as with several -f
}

// A Project is the [Compose] of real files and the real `docker compose`.
type Project struct {
	options ComposeOptions

	mu    sync.Mutex // guards the rest
	files map[string]parsed
	ready time.Time // when docker compose was last seen to work
	tool  []string  // how it is called
}

var _ Compose = (*Project)(nil)

// parsed is a compose file as it was read from the files that stamp describes.
type parsed struct {
	file  File
	err   error
	stamp string
	more  bool // it extends or includes other files, which stamp does not cover
	read  time.Time
}

// reread is how long a change in a file that a compose file extends or includes may go unseen.
const reread = time.Minute

var projectName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// OpenCompose checks the options. Files are read when they are needed, and again when they change.
func OpenCompose(o ComposeOptions) (*Project, error) {
	if !projectName.MatchString(o.Project) {
		return nil, fmt.Errorf("the compose project name %q must be lower-case letters, digits, _ and -", o.Project)
	}
	if len(o.Files) == 0 {
		return nil, fmt.Errorf("the compose project %s names no files", o.Project)
	}
	if o.Dir == "" {
		o.Dir = filepath.Dir(o.Files[0].Path)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("finding the directory of the compose project %s: %w", o.Project, err)
	}
	o.Dir = dir
	o.Files = slices.Clone(o.Files)
	seen := map[string]bool{}
	for i := range o.Files {
		f := &o.Files[i]
		f.Path = o.inDir(f.Path)
		f.Under = slices.Clone(f.Under)
		for j := range f.Under {
			f.Under[j] = o.inDir(f.Under[j])
		}
		if seen[f.Path] {
			return nil, fmt.Errorf("the compose project %s names %s twice", o.Project, f.Path)
		}
		seen[f.Path] = true
	}
	if o.Docker == "" {
		o.Docker = DefaultHost
	}
	return &Project{options: o, files: map[string]parsed{}}, nil
}

func (o ComposeOptions) inDir(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(o.Dir, path)
}

// Files implements [Compose]. Where one cannot be read, the others are returned with the error. The result is shared: read only.
func (p *Project) Files(ctx context.Context) ([]File, error) {
	if err := ctx.Err(); err != nil {
		return nil, notSent(call{doing: doFiles}, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var files []File
	var bad error
	for _, f := range p.options.Files {
		got := p.cached(ctx, f)
		if got.err == nil {
			files = append(files, got.file)
		} else if bad == nil {
			bad = got.err
		}
	}
	return files, bad
}

// cached reads one file, unless it is as it was. The caller holds mu.
func (p *Project) cached(ctx context.Context, f ComposeFile) parsed {
	stamp, modified := p.options.stamp(f)
	got, ok := p.files[f.Path]
	if ok && got.stamp == stamp && (!got.more || time.Since(got.read) < reread) {
		return got
	}
	got = parsed{stamp: stamp, read: time.Now(), file: File{Path: f.Path, Phase: f.Phase, Modified: modified}}
	got.file.Services, got.more, got.err = p.options.parse(ctx, f)
	if ctx.Err() == nil {
		p.files[f.Path] = got
	}
	return got
}

// stamp tells versions of a file apart: by time and size of all that it is read from.
func (o ComposeOptions) stamp(f ComposeFile) (string, time.Time) {
	var s strings.Builder
	var newest time.Time
	for _, path := range append([]string{f.Path, filepath.Join(o.Dir, ".env")}, f.Under...) {
		info, err := os.Stat(path)
		if err != nil {
			fmt.Fprintf(&s, "%s %v\n", path, err)
			continue
		}
		fmt.Fprintf(&s, "%s %d %d\n", path, info.ModTime().UnixNano(), info.Size())
		if path != filepath.Join(o.Dir, ".env") && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return s.String(), newest
}

// file finds one of the project's files, with its services.
func (p *Project) file(ctx context.Context, path string) (ComposeFile, File, error) {
	at := slices.IndexFunc(p.options.Files, func(f ComposeFile) bool { return f.Path == p.options.inDir(path) })
	if at < 0 {
		return ComposeFile{}, File{}, noFile(path)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.cached(ctx, p.options.Files[at])
	return p.options.Files[at], got.file, got.err
}

// unreadable tells why a compose file cannot be used, with its line where that is known.
func unreadable(path string, line int, err error) error {
	name := ops.Name(filepath.Base(path))
	switch {
	case os.IsNotExist(err):
		return ops.Fail(ops.NotFound, ops.T("The compose file %s is not there. Is its directory mounted where I run?",
			"Le fichier compose %s est introuvable. Son dossier est-il monté là où je tourne ?", ops.Name(path)), err)
	case os.IsPermission(err):
		return ops.Fail(ops.Unavailable, ops.T("I may not read %s: permission denied.", "Je n’ai pas le droit de lire %s.", ops.Name(path)), err)
	}
	reason := ops.Clean(strings.ReplaceAll(err.Error(), path, filepath.Base(path)))
	if line > 0 {
		return ops.Fail(ops.Invalid, ops.T("The compose file %s is wrong at line %d: %s", "Le fichier compose %s est faux ligne %d : %s", name, line, reason), err)
	}
	return ops.Fail(ops.Invalid, ops.T("The compose file %s is wrong: %s", "Le fichier compose %s est faux : %s", name, reason), err)
}
