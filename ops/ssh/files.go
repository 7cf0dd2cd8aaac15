package ssh

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"

	"vigie/ops"
)

// Files reads the files of a machine over SFTP. Its errors are [*fs.PathError]s, and an [*ops.Error] where the machine does not answer or
// does not let it.
type Files struct {
	c *Client

	mu     sync.Mutex // guards client
	client *sftp.Client
}

// Files are the files of the machine. Nothing is asked of it yet.
func (c *Client) Files() *Files { return &Files{c: c} }

// filesLimit is how long the beginning may take.
const filesLimit = 15 * time.Second

// ReadDir lists a folder, in no order.
func (f *Files) ReadDir(folder string) (list []fs.DirEntry, err error) {
	client, err := f.open()
	if err != nil {
		return nil, err
	}
	infos, err := client.ReadDir(folder)
	for _, info := range infos {
		list = append(list, fs.FileInfoToDirEntry(info))
	}
	return list, f.fault("list", folder, err)
}

// Stat looks at a file, or at what it links to.
func (f *Files) Stat(file string) (fs.FileInfo, error) {
	client, err := f.open()
	if err != nil {
		return nil, err
	}
	info, err := client.Stat(file)
	return info, f.fault("stat", file, err)
}

// Open opens a file for reading.
func (f *Files) Open(file string) (io.ReadCloser, error) {
	client, err := f.open()
	if err != nil {
		return nil, err
	}
	in, err := client.Open(file)
	if err != nil {
		return nil, f.fault("open", file, err)
	}
	return in, nil
}

// fault is err as the os package would tell it.
func (f *Files) fault(doing, at string, err error) error {
	if err == nil {
		return nil
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	var told *sftp.StatusError
	if errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.EOF) {
		return f.c.away(err)
	}
	if errors.As(err, &told) {
		err = errors.New(strings.ToLower(told.FxCode().Error()))
	}
	return &fs.PathError{Op: doing, Path: at, Err: err}
}

// open begins to talk, unless it does already.
func (f *Files) open() (*sftp.Client, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.client != nil {
		return f.client, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), filesLimit)
	defer cancel()
	session, leave, err := f.c.session(ctx)
	if err != nil {
		return nil, err
	}
	in, err1 := session.StdinPipe()
	out, err2 := session.StdoutPipe()
	said := &capped{left: 500}
	session.Stderr = said
	stop := context.AfterFunc(ctx, func() { session.Close() })
	defer stop()
	err = errors.Join(err1, err2)
	if err == nil && f.c.o.Guard {
		line, _ := Quote(FilesArgv) // it is well-formed
		err = session.Start(line)
	} else if err == nil {
		err = session.RequestSubsystem("sftp")
	}
	var client *sftp.Client
	if err == nil {
		client, err = sftp.NewClientPipe(out, in)
	}
	if err != nil {
		leave()
		return nil, f.refused(err)
	}
	f.client = client
	go func() { // ends with the connection
		client.Wait()
		leave()
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.client == client {
			f.client = nil
		}
	}()
	return client, nil
}

// refused says why the other end does not talk of files.
func (f *Files) refused(err error) error {
	name := ops.Name(f.c.o.Name)
	switch {
	case !f.c.alive():
		return f.c.away(err)
	case f.c.o.Guard:
		return ops.Fail(ops.Denied, ops.T("The guard of %s shows me no files. Name their folders in its own file: %s", "Le garde de %s ne me montre aucun fichier. Nomme leurs dossiers dans son propre fichier : %s",
			name, ops.Name(`files = ["/srv/backups"]`)), err)
	}
	return ops.Fail(ops.Unavailable, ops.T("The sshd of %s offers no SFTP. Allow it there: %s", "Le sshd de %s n’offre pas SFTP. Autorise-le là-bas : %s",
		name, ops.Name("Subsystem sftp internal-sftp")), err)
}

// Close ends it. What is read afterwards begins anew.
func (f *Files) Close() error {
	f.mu.Lock()
	client := f.client
	f.client = nil
	f.mu.Unlock()
	if client == nil {
		return nil
	}
	return client.Close()
}
