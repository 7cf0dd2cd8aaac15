package backup

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"vigie/ops"
)

// stampForm is what a folder is called: the second in which it was begun, in UTC.
const stampForm = "20060102T150405Z"

// removingName begins the names of folders that are being removed.
const removingName = ".removing-"

// A folder is one backup on the disk.
type folder struct {
	Manifest
	stamp    string
	path     string
	at       time.Time // of the stamp
	finished bool
	digest   string   // SHA-256 of its manifest, in hex
	wrong    ops.Text // why it is not what its manifest says; empty if it is
}

// folders lists what is in Root, newest first. Only what is called like a backup is one; what cannot be read is in wrong.
func (s *System) folders() (list []folder, err error) {
	if s.o.Root == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(s.o.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the backups: %w", err)
	}
	for _, e := range entries {
		if at, err := time.Parse(stampForm, e.Name()); err == nil && e.IsDir() {
			list = append(list, open(filepath.Join(s.o.Root, e.Name()), at))
		}
	}
	slices.SortFunc(list, func(a, b folder) int { return cmp.Compare(b.stamp, a.stamp) })
	return list, nil
}

// folder is the backup of one stamp.
func (s *System) folder(stamp string) (folder, error) {
	at, err := time.Parse(stampForm, stamp)
	if err != nil || s.o.Root == "" {
		return folder{}, ops.Fail(ops.Invalid, ops.T("%s is no backup of mine", "%s n’est pas une de mes sauvegardes", ops.Name(stamp)), err)
	}
	return open(filepath.Join(s.o.Root, stamp), at), nil
}

func open(path string, at time.Time) folder {
	f := folder{stamp: filepath.Base(path), path: path, at: at}
	body, err := limited(filepath.Join(path, manifestName))
	f.finished = !errors.Is(err, fs.ErrNotExist)
	if !f.finished {
		body, err = limited(filepath.Join(path, markerName))
		if errors.Is(err, fs.ErrNotExist) {
			f.wrong = ops.T("nothing says that I began it", "rien ne dit que c’est moi qui l’ai commencé")
			return f
		}
	}
	if err == nil {
		f.digest = fmt.Sprintf("%x", sha256.Sum256(body))
		f.Manifest, err = ParseManifest(body)
	}
	if err != nil {
		f.wrong = ops.T("its manifest cannot be read: %s", "son manifeste est illisible : %s", clipped(err.Error(), 120))
		return f
	}
	if f.finished {
		f.wrong = f.compare()
	}
	return f
}

// compare says which file is not there, or not as long as it was.
func (f folder) compare() ops.Text {
	for _, file := range f.Files {
		info, err := os.Lstat(filepath.Join(f.path, file.Name))
		switch {
		case err != nil:
			return ops.T("%s is gone", "%s a disparu", ops.Name(file.Name))
		case !info.Mode().IsRegular() || info.Size() != file.Size:
			return ops.T("%s is not what was saved: %s instead of %s", "%s n’est pas ce qui a été sauvegardé : %s au lieu de %s", ops.Name(file.Name), ops.Size(info.Size()), ops.Size(file.Size))
		}
	}
	return ops.Text{}
}

// strays are what a folder holds that neither its manifest nor this package accounts for.
func (f folder) strays() (list []string, err error) {
	entries, err := os.ReadDir(f.path)
	for _, e := range entries {
		name := e.Name()
		ours := name == manifestName || name == markerName || name == manifestName+partial || name == markerName+partial || name == savingName ||
			slices.ContainsFunc(f.Files, func(s Saved) bool { return s.Name == name })
		if !ours {
			list = append(list, name)
		}
	}
	return list, err
}

// limited reads a small regular file.
func limited(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(body) > most {
		err = fmt.Errorf("%s is larger than %d bytes", path, most)
	}
	return body, err
}

// begin makes a new folder that says whose it is before anything else is in it.
func (s *System) begin(token string) (folder, error) {
	if err := s.root(); err != nil {
		return folder{}, err
	}
	for at := now().UTC().Truncate(time.Second); ; at = at.Add(time.Second) {
		f := folder{stamp: at.Format(stampForm), at: at}
		f.path = filepath.Join(s.o.Root, f.stamp)
		f.Manifest = Manifest{Version: 1, Token: token, Started: now().UTC().Truncate(time.Millisecond)}
		err := s.disk.Mkdir(f.path)
		if errors.Is(err, fs.ErrExist) {
			continue // two in one second
		}
		if err == nil {
			err = replace(s.disk, filepath.Join(f.path, markerName), f.body())
		}
		if err == nil {
			err = s.disk.Sync(s.o.Root)
		}
		if err != nil {
			return folder{}, refused(f.path, err)
		}
		return f, nil
	}
}

// root makes the folder of all backups, if it is not there.
func (s *System) root() error {
	var make func(path string) error
	make = func(path string) error {
		err := s.disk.Mkdir(path)
		if errors.Is(err, fs.ErrNotExist) {
			if err = make(filepath.Dir(path)); err == nil {
				err = s.disk.Mkdir(path)
			}
		}
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
		return err
	}
	if err := make(s.o.Root); err != nil {
		return refused(s.o.Root, err)
	}
	return nil
}

// words are what both halves of an artefact's name are usually made of.
var words = regexp.MustCompile(`^[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?$`)

// safe is an artefact's name as a file's: "postgres.n8n". No two artefacts have the same one.
func safe(artefact string) string {
	if words.MatchString(artefact) {
		return strings.Replace(artefact, ":", ".", 1)
	}
	name := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && words.MatchString(string(r)) {
			return r
		}
		return '_'
	}, artefact)
	return fmt.Sprintf("%.60s.x%x", name, sha256.Sum256([]byte(artefact)))[:min(len(name), 60)+14]
}
