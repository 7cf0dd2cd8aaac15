package redis

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"vigie/ops"
)

// The kinds of step of a restore. Each may be run again after having been half done, and each undo does nothing where there is
// nothing to put back.
var (
	trial = ops.Declare(&set, "redis.trial", func(j job) ops.Text {
		return ops.T("load %s into a throw-away Redis, if there is memory for it, and count the keys", "charger %s dans un Redis jetable, s’il y a la mémoire pour, et compter les clés", ops.Name(filepath.Base(j.Dump)))
	}, func(ctx context.Context, s *System, j job) error { return s.trial(ctx, j) })

	safety = ops.Declare(&set, "redis.safety", func(j job) ops.Text {
		return ops.T("save today’s data of %s, read it back whole, and keep it as %s", "enregistrer les données actuelles de %s, les relire en entier, et les garder sous %s", ops.Name(j.Service), ops.Name(j.safety()))
	}, func(ctx context.Context, s *System, j job) error { return s.keepSafe(ctx, j) })

	ready = ops.Declare(&set, "redis.ready", func(j job) ops.Text {
		return ops.T("lay the dump ready beside today’s data, and read it back", "poser la sauvegarde à côté des données actuelles, et la relire")
	}, func(ctx context.Context, s *System, j job) error { return s.layReady(ctx, j) })

	clearing = ops.Declare(&set, "redis.clear", func(j job) ops.Text {
		return ops.T("remove the dump that was laid ready", "retirer la sauvegarde préparée")
	}, func(ctx context.Context, s *System, j job) error { return s.clear(ctx, j) })

	flush = ops.Declare(&set, "redis.flush", func(j job) ops.Text {
		return ops.T("save what was written to %s meanwhile", "enregistrer ce qui a été écrit entre-temps dans %s", ops.Name(j.Service))
	}, func(ctx context.Context, s *System, j job) error {
		st, err := s.bgsave(ctx)
		if err == nil {
			ops.Progress(ctx, ops.T("%s saved; %s still connected", "%s enregistrées ; %s encore", keyCount(st.total()),
				ops.Count{N: int(max(st.clients-1, 0)), EnOne: "client", EnMany: "clients", FrOne: "client connecté", FrMany: "clients connectés"}))
		}
		return err
	})

	swap = ops.Declare(&set, "redis.swap", func(j job) ops.Text {
		if j.AOF != "" {
			return ops.T("have %s start from the dump instead of its append-only files, and keep those", "faire partir %s de la sauvegarde au lieu de ses fichiers AOF, et les garder", ops.Name(j.Service))
		}
		return ops.T("put the dump in the place of %s, and keep that as %s", "mettre la sauvegarde à la place de %s, gardé sous %s", ops.Name(j.File), ops.Name(j.Piece.before()))
	}, func(ctx context.Context, s *System, j job) error { return s.move(ctx, j, piece.put) })

	back = ops.Declare(&set, "redis.back", func(j job) ops.Text {
		return ops.T("put the data of before back in its place, and keep what was there since", "remettre les données d’avant à leur place, et garder ce qui y était depuis")
	}, func(ctx context.Context, s *System, j job) error { return s.move(ctx, j, piece.back) })

	settle = ops.Declare(&set, "redis.settle", func(j job) ops.Text {
		if j.AOF != "" {
			return ops.T("save it to %s as well, and clear up", "l’enregistrer aussi dans %s, et ranger", ops.Name(j.File))
		}
		return ops.T("clear up what was only laid ready", "ranger ce qui était seulement préparé")
	}, func(ctx context.Context, s *System, j job) error { return s.settled(ctx, j) })

	loaded = ops.Declare(&set, "redis.loaded", func(j job) ops.Text {
		return ops.T("%s answers and holds every key of the dump", "%s répond et contient toutes les clés de la sauvegarde", ops.Name(j.Service))
	}, func(ctx context.Context, s *System, j job) error { return s.proveLoaded(ctx, j) })

	answers = ops.Declare(&set, "redis.answers", func(j job) ops.Text {
		return ops.T("%s answers, its data loaded", "%s répond, ses données chargées", ops.Name(j.Service))
	}, func(ctx context.Context, s *System, j job) error {
		st, err := s.await(ctx)
		if err == nil {
			ops.Progress(ctx, ops.T("it answers, with %s", "il répond, avec %s", keyCount(st.total())))
		}
		return err
	})
)

// trial reads the dump with redis-check-rdb, and loads it, where there is room for that.
func (s *System) trial(ctx context.Context, j job) error {
	info, err := s.Verify(ctx, j.Dump)
	if err != nil {
		return failed(err)
	}
	if info.SHA256 != j.SHA256 {
		return changed(j)
	}
	r, err := Rehearsal{}, error(noRoom(ops.T("there is no running container to do that in", "il n’y a pas de conteneur en marche où le faire")))
	if !j.Down {
		if err = s.checkWith(ctx, j.Dump); err == nil {
			r, err = s.Rehearse(ctx, j.Dump)
		}
	}
	if errors.Is(err, ErrNoRoom) {
		ops.Progress(ctx, ops.T("%s, read back whole. %s", "%s, relues en entier. %s", keyCount(info.Keys), ops.SayOf(err)))
		return nil
	}
	if err != nil {
		return failed(err)
	}
	ops.Progress(ctx, ops.T("%s loaded by Redis %s in %s", "%s chargées par Redis %s en %s", keyCount(r.Keys), ops.Name(r.Version), ops.Span(r.Took.Round(100*time.Millisecond))))
	return nil
}

// failed makes of whatever is wrong with a dump what did not work: nothing was changed by then, so it is known.
func failed(err error) error {
	if err == nil {
		return nil
	}
	var said *ops.Error
	if errors.As(err, &said) && said.Kind != ops.Unknown && said.Kind != ops.Failed {
		return ops.Fail(ops.Failed, said.Say, err)
	}
	return err
}

func changed(j job) error {
	return ops.Fail(ops.Failed, ops.T("%s is no longer the file that the plan was made for.", "%s n’est plus le fichier pour lequel le plan a été fait.", ops.Name(filepath.Base(j.Dump))), nil)
}

// comesUp is how long a started server may take to answer at all; loading has loadTime.
const (
	comesUp  = time.Minute
	loadTime = time.Hour
)

// await waits until the server answers and has loaded its data.
func (s *System) await(ctx context.Context) (state, error) {
	begun := time.Now()
	for {
		st, err := s.look(ctx)
		waited := time.Since(begun)
		switch {
		case err == nil && !st.loading:
			return st, failed(st.unready)
		case err == nil && waited > loadTime:
			return st, ops.Fail(ops.Failed, ops.T("%s still loads after %s", "%s charge encore au bout de %s", s.name(), ops.Span(loadTime)), nil)
		case err != nil && waited > comesUp:
			return st, failed(err)
		}
		ops.Progress(ctx, ops.T("not yet, %s", "pas encore, %s", ops.Span(waited.Truncate(time.Second))))
		if err := nap(ctx); err != nil {
			return st, err
		}
	}
}

// proveLoaded checks that the server started with every key of the dump, and keeps its files as it did before.
func (s *System) proveLoaded(ctx context.Context, j job) error {
	info, err := s.infoOf(ctx, j)
	if err != nil {
		return failed(err)
	}
	st, err := s.await(ctx)
	if err != nil {
		return err
	}
	if st.aof != (j.AOF != "") {
		return ops.Fail(ops.Failed, ops.T("its append-only file is not as it was: it did not start from the dump", "son fichier AOF n’est pas comme avant : il n’est pas parti de la sauvegarde"), nil)
	}
	if st.aof && !st.aofOK {
		return ops.Fail(ops.Failed, ops.T("it cannot write its append-only file", "il n’arrive pas à écrire son fichier AOF"), nil)
	}
	if err := info.agrees(st); err != nil {
		return err
	}
	if info.Keys < 0 {
		ops.Progress(ctx, ops.T("it answers, with %s", "il répond, avec %s", keyCount(st.total())))
	} else {
		ops.Progress(ctx, ops.T("it answers, with %s, all of the dump", "il répond, avec %s, toute la sauvegarde", keyCount(st.total())))
	}
	return nil
}
