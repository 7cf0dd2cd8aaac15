package comfyui

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vigie/ops"
)

const (
	stallAfter = time.Minute      // without a byte, a download is cut
	dropWait   = 15 * time.Second // for whoever writes a file that is to be taken away
	agent      = "vigie"
)

// here is a folder of this machine.
type here struct {
	dir    string
	client *http.Client
	free   func(dir string) (int64, error) // nil asks the file system
}

func newHere(k *Keeping) *here {
	own := http.Client{}
	if k.Client != nil {
		own = *k.Client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	own.Timeout = 0
	return &here{k.Dir, &own, k.Room}
}

func (h *here) at(name string) string { return filepath.Join(h.dir, name) }

func (h *here) room(context.Context) (int64, error) {
	if h.free != nil {
		return h.free(h.dir)
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(h.dir, &st); err != nil {
		return 0, h.failed(err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// failed says what the file system has against it.
func (h *here) failed(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errFull
	case errors.Is(err, os.ErrNotExist):
		return ops.Fail(ops.NotFound, ops.T("there is no folder %s here", "il n’y a pas de dossier %s ici", ops.Name(h.dir)), err)
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return ops.Fail(ops.Failed, ops.T("I may not write to %s: whose is it?", "je ne peux pas écrire dans %s : à qui est-il ?", ops.Name(h.dir)), err)
	}
	return fmt.Errorf("working in the folder of checkpoints: %w", err)
}

func (h *here) find(_ context.Context, name string) (int64, bool, error) {
	info, err := os.Lstat(h.at(name))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return 0, false, nil
	case err != nil:
		return 0, false, h.failed(err)
	case !info.Mode().IsRegular():
		return 0, true, notAFile(name)
	}
	return info.Size(), true, nil
}

func notAFile(name string) error {
	return ops.Fail(ops.Failed, ops.T("%s is there already, and is no file: I leave it", "%s existe déjà, et n’est pas un fichier : je n’y touche pas", ops.Name(name)), nil)
}

func (h *here) get(ctx context.Context, address, part string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("asking for a file: its address cannot be used")
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept-Encoding", "identity") // the bytes as they are
	if part != "" {
		r.Header.Set("Range", "bytes="+part)
	}
	r.Close = true
	got, err := h.client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if errors.As(err, new(*tls.CertificateVerificationError)) {
			return nil, unproved(address)
		}
		return nil, errCut
	}
	return got, nil
}

// unproved is for a server whose certificate is not right, which is no matter of time.
func unproved(address string) error {
	return ops.Fail(ops.Denied, ops.T("the certificate of %s is not one that I can trust: I download nothing from it", "le certificat de %s n’est pas digne de confiance : je n’en télécharge rien", hostOf(address)), nil)
}

func (h *here) ask(ctx context.Context, address string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	got, err := h.get(ctx, address, "0-0")
	if errors.Is(err, context.DeadlineExceeded) {
		return answer{}, errCut
	}
	if err != nil {
		return answer{}, err
	}
	got.Body.Close() // what is in it does not matter
	return answered(got.StatusCode, got.Header), nil
}

func (h *here) fetch(ctx context.Context, address string, f fetching) error {
	file, err := os.OpenFile(h.at(f.file), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return h.failed(err)
	}
	defer file.Close()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errBusy
	}
	if info, err := file.Stat(); err != nil || info.Size() != f.from { // it grew while we were asking
		return errCut
	}
	part := ""
	if f.from > 0 {
		part = fmt.Sprintf("%d-", f.from)
	}
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	got, err := h.get(ctx, address, part)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	switch {
	case got.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return errBeyond
	case f.from > 0 && got.StatusCode == http.StatusOK:
		return errNoRanges
	case f.from > 0 && got.StatusCode == http.StatusPartialContent && !strings.HasPrefix(got.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", f.from)):
		return errNoRanges
	case got.StatusCode >= 300 && got.StatusCode < 400: // it was asked a moment ago, and sent nobody on
		return errCut
	case got.StatusCode != http.StatusOK && got.StatusCode != http.StatusPartialContent:
		return refusedHTTP(got.StatusCode)
	}
	if err := h.copy(ctx, cut, file, io.LimitReader(got.Body, f.size-f.from+1)); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return h.failed(err)
	}
	return nil
}

// copy writes what comes, until it ends or stalls.
func (h *here) copy(ctx context.Context, cut context.CancelCauseFunc, to io.Writer, from io.Reader) error {
	stalled := time.AfterFunc(stallAfter, func() { cut(errCut) })
	defer stalled.Stop()
	buf := make([]byte, 256<<10)
	for {
		n, err := from.Read(buf)
		stalled.Reset(stallAfter)
		if _, werr := to.Write(buf[:n]); werr != nil {
			return h.failed(werr)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil && ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return errCut
		}
	}
}

func (h *here) sum(ctx context.Context, name string) (string, error) {
	f, err := os.Open(h.at(name))
	if err != nil {
		return "", h.failed(err)
	}
	defer f.Close()
	hash, buf := sha256.New(), make([]byte, 1<<20)
	for {
		n, err := f.Read(buf)
		hash.Write(buf[:n]) // never fails
		switch {
		case err == io.EOF:
			return fmt.Sprintf("%x", hash.Sum(nil)), nil
		case err != nil:
			return "", h.failed(err)
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		}
	}
}

// place links and unlinks: a link, unlike a rename, never takes the place of something.
func (h *here) place(_ context.Context, from, to string) error {
	err := os.Link(h.at(from), h.at(to))
	switch {
	case errors.Is(err, os.ErrExist):
		return occupied(to)
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.EMLINK): // no hard links there
		if _, err := os.Lstat(h.at(to)); !errors.Is(err, os.ErrNotExist) {
			return occupied(to)
		}
		err = os.Rename(h.at(from), h.at(to))
		if err != nil {
			return h.failed(err)
		}
	case err != nil:
		return h.failed(err)
	default:
		if err := os.Remove(h.at(from)); err != nil {
			return h.failed(err)
		}
	}
	if dir, err := os.Open(h.dir); err == nil { // so that the name survives a power cut; not all file systems do that
		_ = dir.Sync()
		dir.Close()
	}
	return nil
}

func occupied(name string) error {
	return ops.Fail(ops.Failed, ops.T("there is another file called %s: I do not write over it", "il y a déjà un autre fichier %s : je ne l’écrase pas", ops.Name(name)), nil)
}

func (h *here) drop(ctx context.Context, name string) error {
	f, err := os.OpenFile(h.at(name), os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return h.failed(err)
	}
	defer f.Close()
	for began := time.Now(); syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil; {
		if time.Since(began) > dropWait {
			return errBusy
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	if err := os.Remove(h.at(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return h.failed(err)
	}
	return nil
}
