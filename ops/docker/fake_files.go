package docker

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"vigie/ops"
)

// fakeDirs are the directories that every container of a fake has; one that a file was ever put into is there as well.
var fakeDirs = map[string]bool{"/": true, "/tmp": true, "/data": true}

// PutFile puts a file into a container, named by id or name, with its directory: mode 0644 and root's unless info says otherwise.
func (f *Fake) PutFile(container, path string, info FileInfo, data string) error {
	at, in, err := f.at(context.Background(), call{}, "", container, path)
	if err != nil {
		return err
	}
	info.Size = int64(len(data))
	in.mu.Lock()
	defer in.mu.Unlock()
	in.put(at, fakeFile{info, data})
	return nil
}

// File is what a file of a container holds.
func (f *Fake) File(container, path string) (data string, info FileInfo, there bool) {
	at, in, err := f.at(context.Background(), call{}, "", container, path)
	if err != nil {
		return "", FileInfo{}, false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	file, there := in.files[at.box][path]
	return file.data, file.FileInfo, there
}

// at begins a call on a file.
func (f *Fake) at(ctx context.Context, c call, verb, container, p string) (place, *fakeInside, error) {
	dir, name, err := filePath(p)
	if err != nil {
		return place{}, nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, c, verb); err != nil {
		return place{}, nil, err
	}
	b := f.find(container)
	if b == nil {
		return place{}, nil, noContainer(container)
	}
	return place{id: b.ID, box: b.Name, dir: dir, name: name, path: p}, f.inside(), nil
}

// put is called with the lock.
func (in *fakeInside) put(at place, file fakeFile) {
	if in.files[at.box] == nil {
		in.files[at.box] = map[string]fakeFile{}
	}
	file.Name, file.Replace = at.name, false
	if file.Modified.IsZero() {
		file.Modified = time.Now()
	}
	if file.Mode == 0 {
		file.Mode = 0o644
	}
	in.files[at.box][at.path] = file
}

// find is called with the lock.
func (in *fakeInside) find(at place) (fakeFile, error) {
	if file, there := in.files[at.box][at.path]; there {
		return file, nil
	}
	if in.dir(at.box, at.path) {
		return fakeFile{FileInfo: FileInfo{Name: at.name, Mode: 0o755 | fs.ModeDir}}, nil
	}
	return fakeFile{}, noSuchFile(at.path, at.box, nil)
}

// dir is called with the lock.
func (in *fakeInside) dir(box, dir string) bool {
	for p := range in.files[box] {
		if path.Dir(p) == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/") {
			return true
		}
	}
	return fakeDirs[dir]
}

// Stat implements [Inside].
func (f *Fake) Stat(ctx context.Context, container, path string) (FileInfo, error) {
	at, in, err := f.at(ctx, call{doing: doReadFile, needs: "CONTAINERS=1"}, "read", container, path)
	if err != nil {
		return FileInfo{}, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	file, err := in.find(at)
	return file.FileInfo, err
}

// ReadFile implements [Inside].
func (f *Fake) ReadFile(ctx context.Context, container, path string) (io.ReadCloser, FileInfo, error) {
	at, in, err := f.at(ctx, call{doing: doReadFile, needs: "CONTAINERS=1"}, "read", container, path)
	if err != nil {
		return nil, FileInfo{}, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	file, err := in.find(at)
	if err == nil && !file.Mode.IsRegular() {
		err = noRegular(path, at.box)
	}
	if err != nil {
		return nil, FileInfo{}, err
	}
	return io.NopCloser(strings.NewReader(file.data)), file.FileInfo, nil
}

// WriteFile implements [Inside].
func (f *Fake) WriteFile(ctx context.Context, container, path string, info FileInfo, r io.Reader) error {
	at, in, err := f.writable(ctx, container, path, info.Replace)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if whole := int64(len(data)) == info.Size; err == nil && !whole {
		err, data = wrongSize(info.Size), data[:min(int64(len(data)), info.Size)]
	}
	in.mu.Lock()
	in.put(at, fakeFile{info, string(data)}) // or a part of it, as the engine does
	in.mu.Unlock()
	if err != nil {
		return unwritten(at, err)
	}
	return nil
}

// Link implements [Inside].
func (f *Fake) Link(ctx context.Context, container, from, to string) error {
	if err := twoNames(from, to); err != nil {
		return err
	}
	old, in, err := f.at(ctx, call{doing: doReadFile, needs: "CONTAINERS=1"}, "read", container, from)
	if err != nil {
		return err
	}
	at, _, err := f.writable(ctx, container, to, true)
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	file, err := in.find(old)
	if err == nil && !file.Mode.IsRegular() {
		err = noRegular(from, at.box)
	}
	if err == nil {
		in.put(at, file)
	}
	return err
}

// writable checks that a file may be written.
func (f *Fake) writable(ctx context.Context, container, path string, replace bool) (place, *fakeInside, error) {
	c := call{doing: doWriteFile, needs: "POST=1 CONTAINERS=1", what: dirNoun}
	at, in, err := f.at(ctx, c, "write", container, path)
	if err != nil {
		return at, in, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	there, err := in.find(at)
	switch {
	case err == nil && !there.Mode.IsRegular():
		return at, in, noRegular(path, at.box)
	case err == nil && !replace:
		return at, in, taken(path, at.box)
	case !in.dir(at.box, at.dir):
		return at, in, ops.Fail(ops.NotFound, ops.T("There is no %s %s.", "Il n’y a pas %s %s.", dirNoun, ops.Name(at.dir)), fmt.Errorf("%s: no such directory", doWriteFile))
	}
	return at, in, nil
}
