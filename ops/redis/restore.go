package redis

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"vigie/ops"
)

type restoreParams struct {
	Dump string `doc:"which dump; the newest if none is named" fr:"quelle sauvegarde ; la plus récente si aucune n’est nommée" names:"redis-dump" optional:"true"`
}

// keptFor is how long what was there before can be put back by a tap. It stays on the disk until /redis_tidy.
const keptFor = 24 * time.Hour

var _ = ops.Add(&set, ops.Spec{
	Name: "redis.restore", Command: "restore_redis", Theme: theme, Risk: ops.Destructive, Examples: []string{""},
	Doc: ops.T("Put a dump of Redis in the place of its data, and keep that for a day.", "Remettre une sauvegarde de Redis à la place de ses données, qui sont gardées un jour."),
	Phrases: []ops.Text{
		ops.T("restore redis", "restaure redis"), ops.T("put the last redis dump back", "remets la dernière sauvegarde de redis"),
	},
}, func(ctx context.Context, s *System, p restoreParams) (ops.Plan, error) {
	d, err := s.find(p.Dump)
	if err != nil {
		return ops.Plan{}, err
	}
	info, err := s.Verify(ctx, d.path)
	if err != nil {
		return ops.Plan{}, err
	}
	now, err := s.survey(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	if err := s.suits(ctx, d, info, now); err != nil {
		return ops.Plan{}, err
	}
	return s.plan(ctx, d, info, now)
})

// suits says why the dump cannot be restored here, if it cannot.
func (s *System) suits(ctx context.Context, d dump, info Info, v survey) error {
	no := func(t ops.Text) error { return ops.Fail(ops.Invalid, t, nil) }
	switch {
	case s.o.Apps == nil:
		return ops.Fail(ops.Unavailable, ops.T("I have no way to stop %s here, and its data can only be replaced while it is stopped.", "Je n’ai ici aucun moyen d’arrêter %s, et ses données ne se remplacent qu’à l’arrêt.", s.name()), nil)
	case v.role == "slave":
		return no(ops.T("%s is a replica: what is restored there, its master overwrites. Restore the master.", "%s est un réplica : ce qu’on y restaure, son maître l’écrase. Restaure le maître.", s.name()))
	case v.cluster:
		return no(ops.T("%s is part of a cluster. I restore single servers only.", "%s fait partie d’un cluster. Je ne restaure que des serveurs seuls.", s.name()))
	case v.loading:
		return ops.Fail(ops.Unavailable, ops.T("%s is still loading its data. Ask again in a moment.", "%s charge encore ses données. Redemande dans un instant.", s.name()), nil)
	case v.aof && v.aofDir == "":
		return no(ops.T("%s has an append-only file in the manner of Redis before 7, which I cannot replace. Turn appendonly off first, or update it.", "%s a un fichier AOF à la manière d’avant Redis 7, que je ne sais pas remplacer. Désactive d’abord appendonly, ou mets-le à jour.", s.name()))
	case v.odd != "":
		return no(ops.T("%s in the data directory is no plain file. I leave it alone.", "%s dans le dossier de données n’est pas un simple fichier. Je n’y touche pas.", ops.Name(v.odd)))
	}
	if need := s.need(info, v); v.free >= 0 && v.free < need {
		return ops.Fail(ops.Unavailable, ops.T("Restoring takes %s on the disk of %s, and %s are free. Free some first.", "Restaurer demande %s sur le disque de %s, et il reste %s. Libère d’abord de la place.",
			ops.Size(need), s.name(), ops.Size(v.free)), nil)
	}
	if v.down {
		return nil // loading it for trial will tell
	}
	if ok, err := s.reads(ctx, info.Format); err == nil && !ok {
		return newer(ops.Name(d.name), number(int64(info.Format)), info.Version)
	}
	return s.checkOnce(ctx, d)
}

// planCheck is up to which size a dump is also given to redis-check-rdb while planning. Larger ones are when they are loaded
// for trial, before anything is stopped.
const planCheck = 256 << 20

// checkOnce has redis-check-rdb read the dump, unless it has read the same file before.
func (s *System) checkOnce(ctx context.Context, d dump) error {
	s.mu.Lock()
	done := s.checked[d.seen]
	s.mu.Unlock()
	if done || d.size > planCheck {
		return nil
	}
	err := s.checkWith(ctx, d.path)
	if err == nil {
		s.mu.Lock()
		s.checked[d.seen] = true
		s.mu.Unlock()
	}
	if errors.Is(err, ErrNoRoom) {
		return nil
	}
	return err
}

// need is how many bytes of disk a restore takes at most: the dump, what Redis saves beside today's file, and, where there is
// an append-only file, the next one.
func (s *System) need(info Info, v survey) int64 {
	n := info.Size + max(v.dump.Size, v.memory/2)
	if v.aof {
		n += info.Size
	}
	return n + n/20 + 4<<20
}

// tag names a restore: the same for the same dump and the same life of the server, so that planning twice gives the same.
func tag(info Info, v survey) string {
	life := v.run
	if v.down {
		life = fmt.Sprint(v.id, v.dump.Size, v.dump.Modified.Unix(), v.manifest.Size, v.manifest.Modified.Unix())
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(info.SHA256+"\n"+life)))[:8]
}
