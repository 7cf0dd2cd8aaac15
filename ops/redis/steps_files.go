package redis

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"vigie/ops"
)

// drop removes files that Vigie made, and no others.
func drop(ctx context.Context, st store, names ...string) error {
	for _, name := range names {
		if !ours(name) {
			return fmt.Errorf("removing %s: I did not make it", name)
		}
	}
	return st.remove(ctx, names...)
}

// keepSafe saves today's data and keeps it under a name of its own: a second name for the file, since Redis puts a new one in
// its place at the next save.
func (s *System) keepSafe(ctx context.Context, j job) error {
	now, err := s.bgsave(ctx)
	if err != nil {
		return err
	}
	st := s.store(j.Dir)
	defer st.close()
	like, err := st.Stat(ctx, j.File)
	if err != nil {
		return dataError(err)
	}
	if err := j.date(ctx, st, like); err != nil {
		return err
	}
	info, err := readBack(ctx, st, j.safety())
	if err != nil { // there is none yet, or one that is not whole
		if err := st.Link(ctx, j.File, j.safety()); err != nil {
			return dataError(err)
		}
		if info, err = readBack(ctx, st, j.safety()); err != nil {
			return ops.Fail(ops.Failed, ops.T("what %s saved does not read back whole; nothing was changed", "ce que %s a enregistré ne se relit pas en entier ; rien n’a été changé", s.name()), err)
		}
	}
	ops.Progress(ctx, ops.T("%s in %s kept", "%s dans %s gardés", keyCount(max(info.Keys, now.total())), ops.Size(info.Size)))
	return nil
}

// readBack reads a dump in the data directory from end to end.
func readBack(ctx context.Context, st store, name string) (Info, error) {
	in, _, err := st.ReadFile(ctx, name)
	if err != nil {
		return Info{}, err
	}
	defer in.Close()
	return walk(ctx, in, time.Now())
}

// layReady puts the dump beside today's data under a name that Redis does not look at. Where there is an append-only file, the
// dump becomes the base of a new one, with nothing appended yet: the multi-part notation of Redis 7 lets any RDB file be that.
func (s *System) layReady(ctx context.Context, j job) error {
	st := s.store(j.Dir)
	defer st.close()
	at, err := j.Piece.stand(ctx, st)
	if err != nil {
		return dataError(err)
	}
	if at.before.there() || at.after.there() {
		return j.Piece.strange(ops.T("this restore was there before", "cette restauration est déjà passée par là"))
	}
	like := at.live
	if !at.live.there() {
		if like, err = st.Stat(ctx, "."); err != nil {
			return dataError(err)
		}
		like.Mode = 0o600
	}
	if err := j.date(ctx, st, like); err != nil {
		return err
	}
	if j.AOF == "" {
		return s.writeDump(ctx, st, j, j.Piece.fresh(), like)
	}
	base, incr := j.parts()
	if err := s.writeDump(ctx, st, j, base, like); err != nil {
		return err
	}
	manifest, err := j.manifest(ctx, st)
	if err != nil {
		return dataError(err)
	}
	if err := writeOurs(ctx, st, incr, like, nil, time.Time{}); err != nil {
		return dataError(err)
	}
	return dataError(writeOurs(ctx, st, j.Piece.fresh(), like, manifest, j.Piece.stamp()))
}

// date leaves a note of when this restore began, unless there is one: /redis_tidy goes by it.
func (j job) date(ctx context.Context, st store, like FileInfo) error {
	if _, found, err := exists(ctx, st, j.Piece.made()); err != nil || found {
		return dataError(err)
	}
	return dataError(writeOurs(ctx, st, j.Piece.made(), like, nil, time.Time{}))
}

// writeOurs writes a small file of ours, anew if it is there.
func writeOurs(ctx context.Context, st store, name string, like FileInfo, body []byte, at time.Time) error {
	info := FileInfo{Name: path.Base(name), Mode: like.Mode.Perm(), UID: like.UID, GID: like.GID, Size: int64(len(body)), Modified: at, Replace: true}
	return st.WriteFile(ctx, name, info, bytes.NewReader(body))
}

// writeDump copies the dump into the data directory and reads it back there. A copy that is there and whole is good.
func (s *System) writeDump(ctx context.Context, st store, j job, name string, like FileInfo) error {
	if sum, err := sumOf(ctx, st, name); err == nil && sum == j.SHA256 {
		return nil
	}
	if free, err := st.free(ctx); err == nil && free >= 0 && free < j.Size+j.Size/20 {
		return ops.Fail(ops.Failed, ops.T("the dump takes %s, and %s are free; nothing was changed", "la sauvegarde demande %s, et il reste %s ; rien n’a été changé", ops.Size(j.Size), ops.Size(free)), nil)
	}
	in, err := os.Open(j.Dump)
	if err != nil {
		return failed(unreadable(j.Dump, err))
	}
	defer in.Close()
	info := FileInfo{Name: path.Base(name), Mode: like.Mode.Perm(), UID: like.UID, GID: like.GID, Size: j.Size, Modified: j.Piece.stamp(), Replace: true}
	told := &teller{w: io.Discard, say: func(t ops.Text) { ops.Progress(ctx, t) }}
	if err := st.WriteFile(ctx, name, info, io.TeeReader(in, told)); err != nil {
		return dataError(err)
	}
	sum, err := sumOf(ctx, st, name)
	if err != nil {
		return dataError(err)
	}
	if sum != j.SHA256 {
		return changed(j)
	}
	ops.Progress(ctx, ops.T("%s there, read back the same", "%s en place, relus à l’identique", ops.Size(j.Size)))
	return nil
}

func sumOf(ctx context.Context, st store, name string) (string, error) {
	in, _, err := st.ReadFile(ctx, name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	h := sha256.New()
	_, err = io.Copy(h, under{ctx, in})
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// clear removes what was laid ready, unless it is in use, or the last copy of the dump.
func (s *System) clear(ctx context.Context, j job) error {
	if was, err := stat(j.Dump); err != nil || was.size != j.Size {
		ops.Progress(ctx, ops.T("the dump is not where it was: the copy in the data directory stays", "la sauvegarde n’est plus où elle était : la copie reste dans le dossier de données"))
		return nil
	}
	st := s.store(j.Dir)
	defer st.close()
	at, err := j.Piece.stand(ctx, st)
	if err != nil {
		return dataError(err)
	}
	if at.live.same(at.fresh) || !at.live.there() && at.before.there() {
		return j.Piece.strange(ops.T("the dump is in its place", "la sauvegarde est à sa place"))
	}
	names := []string{j.Piece.fresh()}
	if j.AOF != "" && !at.after.there() {
		base, incr := j.parts()
		names = append(names, base, incr)
	}
	return s.dropOrTell(ctx, st, names...)
}

// dropOrTell removes files of ours; where that cannot be done now, they stay, and it says so.
func (s *System) dropOrTell(ctx context.Context, st store, names ...string) error {
	err := drop(ctx, st, names...)
	if err == nil || ctx.Err() != nil {
		return err
	}
	ops.Progress(ctx, ops.T("%s stays in the data directory; /redis_tidy removes it after a day", "%s reste dans le dossier de données ; /redis_tidy l’enlève après un jour", ops.Name(path.Base(names[0]))))
	return nil
}

// settled saves what was restored to the dump file as well, where that is not what Redis starts from, and removes what is
// left of laying ready. The restore is proved by then, so nothing here makes it fail.
func (s *System) settled(ctx context.Context, j job) error {
	if j.AOF != "" {
		if _, err := s.bgsave(ctx); err != nil {
			if ctx.Err() != nil {
				return err
			}
			ops.Progress(ctx, ops.T("%s is still of before: %s", "%s est encore d’avant : %s", ops.Name(j.File), ops.SayOf(err)))
			return nil
		}
	}
	st := s.store(j.Dir)
	defer st.close()
	return s.dropOrTell(ctx, st, j.Piece.fresh())
}

// move does with the piece what needs the server stopped: a running one saves over whatever is put in its file's place.
func (s *System) move(ctx context.Context, j job, do func(piece, context.Context, store) error) error {
	running, err := s.o.Server.Running(ctx)
	if err != nil {
		return err
	}
	if running {
		return ops.Fail(ops.Failed, ops.T("%s still runs; its files are changed only while it is stopped", "%s tourne encore ; ses fichiers ne se changent qu’à l’arrêt", s.name()), nil)
	}
	st := s.store(j.Dir)
	defer st.close()
	return dataError(do(j.Piece, ctx, st))
}

// infoOf is what the dump of a job holds: read from the dump, or, if that is gone by now, from where it was put.
func (s *System) infoOf(ctx context.Context, j job) (Info, error) {
	info, err := s.Verify(ctx, j.Dump)
	if err == nil && info.SHA256 == j.SHA256 {
		return info, nil
	}
	st := s.store(j.Dir)
	defer st.close()
	names := []string{j.File, j.Piece.fresh()}
	if j.AOF != "" {
		base, _ := j.parts()
		names = []string{base}
	}
	for _, name := range names {
		if info, err := readBack(ctx, st, name); err == nil && info.SHA256 == j.SHA256 {
			return info, nil
		}
	}
	return Info{}, changed(j)
}
