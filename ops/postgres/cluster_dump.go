package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vigie/ops"
)

// level is how hard pg_dump compresses. 1 takes two fifths of the time of the default 6, for dumps that are a twelfth larger (337 MB of
// text and hashes, PostgreSQL 15).
const level = "1"

func (c *cluster) Dump(ctx context.Context, database, path string, say func(ops.Text)) (File, Contents, error) {
	if _, err := os.Lstat(path); err == nil {
		return File{}, Contents{}, ops.Fail(ops.Failed, ops.T("%s is there already; I overwrite no dump", "%s existe déjà ; je n’écrase aucun dump", ops.Name(path)), nil)
	}
	sweep(filepath.Dir(path))
	temp := path + partial
	f, found, err := c.dumpTo(ctx, database, temp, say)
	if err == nil {
		if err = os.Rename(temp, path); err == nil {
			err = syncDir(filepath.Dir(path))
		}
		if err != nil {
			err = unwritable(path, err)
		}
	}
	if err != nil {
		if e := os.Remove(temp); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
		return File{}, Contents{}, err
	}
	return c.file(path, f.Size, f.Modified, []string{database}), found, nil
}

// abandoned is how long nothing was written to a dump that nobody is writing any more.
const abandoned = 6 * time.Hour

// sweep removes what dumps that ended in the middle left; their names say that they are ours. What cannot be removed is in nobody's way.
func sweep(folder string) {
	left, _ := filepath.Glob(filepath.Join(folder, "*"+partial))
	for _, p := range left {
		if info, err := os.Stat(p); err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(p)
		}
	}
}

// dumpTo writes a dump to disk and reads it back.
func (c *cluster) dumpTo(ctx context.Context, database, temp string, say func(ops.Text)) (f File, found Contents, err error) {
	out, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return f, found, unwritable(temp, err)
	}
	had, err := freeHere(filepath.Dir(temp))
	if err != nil {
		return f, found, errors.Join(unwritable(temp, err), out.Close())
	}
	w := &written{to: out, say: say, room: func() error {
		if left, err := freeHere(filepath.Dir(temp)); err != nil || left < min(spare, had/4) {
			return errors.Join(errFull, err)
		}
		return nil
	}}
	err = c.run(ctx, Exec{Argv: []string{"pg_dump", "-w", "-U", c.user(), "-Fc", "-Z", level, "--lock-wait-timeout=60000", "-d", conninfo(database)}, Env: c.env(), Stdout: w})
	if w.err != nil {
		err = unwritable(temp, w.err)
	}
	if err == nil {
		if err = out.Sync(); err != nil {
			err = unwritable(temp, err)
		}
	}
	if e := out.Close(); err == nil && e != nil {
		err = unwritable(temp, e)
	}
	if err != nil {
		return f, found, err
	}
	if err := sameOwner(temp); err != nil {
		return f, found, unwritable(temp, err)
	}
	info, err := os.Stat(temp)
	if err != nil {
		return f, found, unwritable(temp, err)
	}
	f = File{Path: temp, Name: filepath.Base(temp), Database: database, Size: info.Size(), Modified: info.ModTime()}
	if say != nil {
		say(ops.T("%s written, reading it back", "%s écrits, relecture", ops.Size(f.Size)))
	}
	found, err = c.Read(ctx, f, nil)
	if err == nil && found.Database != database {
		err = ops.Fail(ops.Failed, ops.T("pg_dump wrote something else than %s", "pg_dump a écrit autre chose que %s", ops.Name(database)), nil)
	}
	return f, found, err
}

// A written file tells how much of it there is, looks that the disk does not get full, and keeps the error of the disk apart from those of
// the program that fills it.
type written struct {
	to     io.Writer
	n      int64
	err    error
	room   func() error
	looked int64 // bytes that were there when the disk was looked at
	say    func(ops.Text)
	told   time.Time
}

// often is after how many bytes the disk is looked at again.
const often = 8 << 20

func (w *written) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.n += int64(n)
	if err == nil && w.n-w.looked >= often {
		w.looked, err = w.n, w.room()
	}
	if err != nil && w.err == nil {
		w.err = err
	}
	if w.say != nil && time.Since(w.told) >= time.Second {
		w.told = time.Now()
		w.say(ops.T("%s written", "%s écrits", ops.Size(w.n)))
	}
	return n, err
}

func unwritable(p string, err error) error {
	if e, ok := errors.AsType[*ops.Error](err); ok {
		return e
	}
	why := err
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		why = pe.Err
	}
	return ops.Fail(ops.Failed, ops.T("I cannot write %s: %s", "Je ne peux pas écrire %s : %s", ops.Name(strings.TrimSuffix(p, partial)), cut(why.Error(), 80)), err)
}

// sameOwner gives a file to whom its folder belongs, if we may: what cleans the folder up must be able to.
func sameOwner(file string) error {
	info, err := os.Stat(filepath.Dir(file))
	if err != nil {
		return err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(file, int(s.Uid), int(s.Gid))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// folder is where our own dumps go.
func (c *cluster) folder() (string, error) {
	folder := c.Folder
	for _, p := range c.Options.Dumps {
		if folder == "" && !strings.HasPrefix(p, inside) {
			folder = filepath.Dir(p)
		}
	}
	if folder == "" || strings.ContainsAny(folder, "*?[") {
		return "", ops.Fail(ops.Unavailable, ops.T("I have no folder to put dumps into: set dump_dir in [postgres].", "Je n’ai pas de dossier où mettre les dumps : règle dump_dir dans [postgres]."), nil)
	}
	return folder, nil
}

func (c *cluster) Room(ctx context.Context, database string) (r Room, err error) {
	if r.Path, err = c.folder(); err != nil {
		return r, err
	}
	if r.Folder, err = freeHere(r.Path); err != nil {
		return r, unreadable(r.Path, err)
	}
	dir, err := c.home(ctx, database)
	if err != nil {
		return r, err
	}
	r.Data, err = c.free(ctx, dir)
	return r, err
}

// freeHere is how many bytes are free in a folder of this machine.
func freeHere(folder string) (int64, error) {
	var fs syscall.Statfs_t
	err := syscall.Statfs(folder, &fs)
	return int64(fs.Bavail) * fs.Bsize, err
}

// home is where the server keeps a database, or would keep it.
func (c *cluster) home(ctx context.Context, database string) (dir string, err error) {
	return dir, c.ask(ctx, outside, `SELECT to_json(coalesce((SELECT nullif(pg_tablespace_location(dattablespace), '') FROM pg_database WHERE datname = `+literal(database)+`),
		current_setting('data_directory')));`, &dir)
}

// free is how many bytes are free in a directory of the container.
func (c *cluster) free(ctx context.Context, dir string) (int64, error) {
	var out bytes.Buffer
	if err := c.run(ctx, Exec{Argv: []string{"df", "-Pk", dir}, Env: []string{"LC_ALL=C"}, Stdout: &limited{&out, 64 << 10}}); err != nil {
		return 0, err
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if fields := strings.Fields(lines[len(lines)-1]); len(fields) >= 4 {
		if k, err := strconv.ParseInt(fields[3], 10, 64); err == nil {
			return k << 10, nil
		}
	}
	return 0, fmt.Errorf("df said %q", cut(out.String(), 80))
}
