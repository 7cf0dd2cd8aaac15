package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/sftp"

	"vigie/ops/ssh"
)

// asksForFiles reports whether argv asks for the files that may be read.
func (r Rules) asksForFiles(argv []string) bool { return slices.Equal(argv, ssh.FilesArgv) }

// files answers the SFTP questions that come in on c.In until it ends: only about what is in the folders, and only reading. A link that
// leads out of them leads nowhere.
func (r Rules) files(ctx context.Context, c Call) int {
	h := shown(r.Files)
	server := sftp.NewRequestServer(both{c.In, c.Out}, sftp.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h})
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(); err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(c.Err, "vigie guard:", err)
		return ExitFailed
	}
	return 0
}

// both are the two ends of a call as one.
type both struct {
	io.Reader
	io.Writer
}

func (both) Close() error { return nil }

// shown are the folders whose files may be read.
type shown []string

// at finds the folder that name is in, opened so that nothing outside of it can be reached through it.
func (s shown) at(name string) (*os.Root, string, error) {
	name = path.Clean("/" + name)
	for _, folder := range s {
		if rest, ok := strings.CutPrefix(name+"/", strings.TrimSuffix(folder, "/")+"/"); ok {
			root, err := os.OpenRoot(folder)
			return root, filepath.Clean("./" + rest), err
		}
	}
	return nil, "", fs.ErrPermission
}

// Fileread implements [sftp.FileReader].
func (s shown) Fileread(q *sftp.Request) (io.ReaderAt, error) {
	root, name, err := s.at(q.Filepath)
	if err != nil {
		return nil, status(err)
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err == nil && !info.Mode().IsRegular() { // a pipe would never end
		err = fs.ErrPermission
	}
	if err != nil {
		return nil, status(err)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, status(err)
	}
	return f, nil
}

// Filelist implements [sftp.FileLister].
func (s shown) Filelist(q *sftp.Request) (sftp.ListerAt, error) {
	root, name, err := s.at(q.Filepath)
	if err != nil {
		return nil, status(err)
	}
	defer root.Close()
	switch q.Method {
	case "Stat":
		info, err := root.Stat(name)
		return listing{info}, status(err)
	case "List":
		f, err := root.Open(name)
		if err != nil {
			return nil, status(err)
		}
		defer f.Close()
		list, err := f.Readdir(-1)
		return listing(list), status(err)
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

// Lstat implements [sftp.LstatFileLister].
func (s shown) Lstat(q *sftp.Request) (sftp.ListerAt, error) {
	root, name, err := s.at(q.Filepath)
	if err != nil {
		return nil, status(err)
	}
	defer root.Close()
	info, err := root.Lstat(name)
	return listing{info}, status(err)
}

// Filewrite and Filecmd refuse: nothing is written, moved or removed here.
func (shown) Filewrite(*sftp.Request) (io.WriterAt, error) { return nil, sftp.ErrSSHFxPermissionDenied }

// Filecmd implements [sftp.FileCmder].
func (shown) Filecmd(*sftp.Request) error { return sftp.ErrSSHFxPermissionDenied }

// status is err as SFTP tells it. What leads out of a folder is refused.
func status(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return sftp.ErrSSHFxNoSuchFile
	case errors.Is(err, fs.ErrPermission), strings.Contains(err.Error(), "escapes"):
		return sftp.ErrSSHFxPermissionDenied
	}
	return err
}

// listing implements [sftp.ListerAt].
type listing []os.FileInfo

func (l listing) ListAt(to []os.FileInfo, from int64) (int, error) {
	if from >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(to, l[from:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}
