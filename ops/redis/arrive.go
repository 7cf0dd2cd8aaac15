package redis

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vigie/ops"
)

// An arrival is a dump that comes back as part of a restore of everything: when that is planned, neither the server may run nor the
// dump be there. So the steps name only what is certain, and look at the rest when they run.
type arrival struct {
	Service string `json:"service"`
	Path    string `json:"path"` // where the dump will be, on this machine
	Tag     string `json:"tag"`  // names this restore in the data directory
}

// Arriving are the steps that have a server, which will run by then, take over the data of a dump that will be at path on this machine.
// It goes on running: it takes everything over from a server that lives only for that, as a replica does from its master, all or
// nothing. attempt is a word that no other restore has.
func (s *System) Arriving(path, attempt string) (steps []ops.Step, locks []string) {
	a := arrival{s.o.Service, path, fmt.Sprintf("%x", sha256.Sum256([]byte("arrival\n"+attempt)))[:8]}
	return []ops.Step{arriveTrial.Verify(a), arrive.Do(a).Undoing(arriveBack.Do(a)), arriveLoaded.Verify(a)},
		[]string{"redis:" + s.o.Service, "container:" + s.o.Service}
}

var (
	arriveTrial = ops.Declare(&set, "redis.arrive-trial", func(a arrival) ops.Text {
		return ops.T("the dump for %s reads back whole, and this Redis can read it", "la sauvegarde pour %s se relit en entier, et ce Redis sait la lire", ops.Name(a.Service))
	}, func(ctx context.Context, s *System, a arrival) error { return s.arriveTrial(ctx, a) })

	arrive = ops.Declare(&set, "redis.arrive", func(a arrival) ops.Text {
		return ops.T("keep today’s data of %s, and have it take over the data of the dump", "garder les données actuelles de %s, et lui faire reprendre celles de la sauvegarde", ops.Name(a.Service))
	}, func(ctx context.Context, s *System, a arrival) error { return s.arrive(ctx, a) })

	arriveBack = ops.Declare(&set, "redis.arrive-back", func(a arrival) ops.Text {
		return ops.T("have %s take the data of before over again", "faire reprendre à %s les données d’avant", ops.Name(a.Service))
	}, func(ctx context.Context, s *System, a arrival) error { return s.arriveBack(ctx, a) })

	arriveLoaded = ops.Declare(&set, "redis.arrive-loaded", func(a arrival) ops.Text {
		return ops.T("%s answers and holds every key of the dump", "%s répond et contient toutes les clés de la sauvegarde", ops.Name(a.Service))
	}, func(ctx context.Context, s *System, a arrival) error { return s.arriveLoaded(ctx, a) })
)

// arriveTrial changes nothing. The server was only just started, perhaps: it is waited for.
func (s *System) arriveTrial(ctx context.Context, a arrival) error {
	info, err := s.Verify(ctx, a.Path)
	if err != nil {
		return failed(err)
	}
	if _, err := s.await(ctx); err != nil {
		return err
	}
	if ok, err := s.reads(ctx, info.Format); err == nil && !ok {
		return failed(newer(ops.Name(filepath.Base(a.Path)), number(int64(info.Format)), info.Version))
	}
	ops.Progress(ctx, ops.T("%s, read back whole", "%s, relues en entier", keyCount(max(info.Keys, 0))))
	return nil
}

// jobOf is the restore as the steps that keep files know it.
func (s *System) jobOf(a arrival, st state) job {
	return job{Service: a.Service, Dump: a.Path, Dir: st.dir, File: st.file, Piece: piece{Name: st.file, Tag: a.Tag}}
}

// taken is the file that says that data was taken over, or may have been: only then is there something to put back.
func (j job) taken() string { return j.Piece.with("taken") }

func (s *System) arrive(ctx context.Context, a arrival) error {
	info, err := s.Verify(ctx, a.Path)
	if err != nil {
		return failed(err)
	}
	if err := s.letGo(ctx); err != nil {
		return failed(err)
	}
	st, err := s.await(ctx)
	switch {
	case err != nil:
		return err
	case st.role == "slave":
		return ops.Fail(ops.Failed, ops.T("%s is a replica: what is restored there, its master overwrites", "%s est un réplica : ce qu’on y restaure, son maître l’écrase", s.name()), nil)
	case st.cluster:
		return ops.Fail(ops.Failed, ops.T("%s is part of a cluster; I restore single servers only", "%s fait partie d’un cluster ; je ne restaure que des serveurs seuls", s.name()), nil)
	}
	if err := s.roomFor(ctx, info); err != nil {
		return failed(err)
	}
	j := s.jobOf(a, st)
	if err := s.keepSafe(ctx, j); err != nil {
		return failed(err)
	}
	if err := s.note(ctx, j); err != nil {
		return failed(err)
	}
	in, err := os.Open(a.Path)
	if err != nil {
		return failed(unreadable(a.Path, err))
	}
	defer in.Close()
	if err := s.takeOver(ctx, in, info.Size); err != nil {
		return err
	}
	if _, err := s.bgsave(ctx); err != nil {
		return failed(err)
	}
	ops.Progress(ctx, ops.T("%s taken over; what was there is kept as %s", "%s reprises ; ce qu’il y avait est gardé dans %s", keyCount(max(info.Keys, 0)), ops.Name(j.safety())))
	return nil
}

// note says in the data directory, before it happens, that data is taken over.
func (s *System) note(ctx context.Context, j job) error {
	st := s.store(j.Dir)
	defer st.close()
	like, err := st.Stat(ctx, j.File)
	if err != nil {
		return dataError(err)
	}
	return dataError(writeOurs(ctx, st, j.taken(), like, nil, time.Time{}))
}

func (s *System) arriveBack(ctx context.Context, a arrival) error {
	if err := s.letGo(ctx); err != nil {
		return failed(err)
	}
	now, err := s.await(ctx)
	if err != nil {
		return err
	}
	j := s.jobOf(a, now)
	st := s.store(j.Dir)
	defer st.close()
	if _, found, err := exists(ctx, st, j.taken()); err != nil || !found {
		ops.Progress(ctx, ops.T("nothing was taken over", "rien n’a été repris"))
		return dataError(err)
	}
	in, kept, err := st.ReadFile(ctx, j.safety())
	if err != nil {
		return dataError(err)
	}
	defer in.Close()
	if err := s.takeOver(ctx, in, kept.Size); err != nil {
		return err
	}
	if now, err = s.bgsave(ctx); err != nil {
		return failed(err)
	}
	ops.Progress(ctx, ops.T("the data of before is back, %s", "les données d’avant sont revenues, %s", keyCount(now.total())))
	return dataError(drop(ctx, st, j.taken()))
}

// arriveLoaded counts what does not expire: what does may have, meanwhile.
func (s *System) arriveLoaded(ctx context.Context, a arrival) error {
	st, err := s.await(ctx)
	if err != nil {
		return err
	}
	info, err := s.Verify(ctx, a.Path)
	switch {
	case st.role == "slave":
		return ops.Fail(ops.Failed, ops.T("%s still follows another server", "%s suit encore un autre serveur", s.name()), nil)
	case ops.KindOf(err) == ops.NotFound || err == nil && info.Keys < 0: // let go of since, or it does not say
		ops.Progress(ctx, ops.T("it answers, with %s", "il répond, avec %s", keyCount(st.total())))
		return nil
	case err != nil:
		return failed(err)
	}
	lasting := int64(0)
	for db, n := range st.keys {
		lasting += n - st.volatile[db]
	}
	if want := info.Keys - info.Volatile; lasting != want {
		return ops.Fail(ops.Failed, ops.T("it holds %s that do not expire, and the dump %d", "il contient %s sans expiration, et la sauvegarde %d", keyCount(lasting), want), nil)
	}
	ops.Progress(ctx, ops.T("it answers, with %s, all of the dump", "il répond, avec %s, toute la sauvegarde", keyCount(st.total())))
	return nil
}
