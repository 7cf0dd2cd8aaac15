package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vigie/ops"
)

type dumpsParams struct {
	Database string `doc:"only this database" fr:"seulement cette base" names:"database" optional:"true"`
}

// stale is how old the newest dump of a database may be: a night and a little.
const stale = 26 * time.Hour

// reading is how long a list may take to read dumps that were not read before.
const readingTime = 3 * time.Second

var _ = ops.Look(&set, ops.Spec{
	Name: "postgres.dumps", Command: "dumps", Theme: theme, Examples: []string{"", "n8n"},
	Doc: ops.T("List the dumps of the databases: how old, how large, and whether they read back whole.",
		"Lister les dumps des bases : leur âge, leur taille, et s’ils se relisent en entier."),
	Phrases: []ops.Text{
		ops.T("which dumps are there", "quels dumps y a-t-il"), ops.T("how old are the database backups", "de quand datent les sauvegardes des bases"),
		ops.T("dumps of n8n", "dumps de n8n"),
		ops.T("list the database backups", "liste les sauvegardes des bases"), ops.T("show the dumps of n8n", "montre les dumps de n8n"),
		ops.T("how old are the dumps", "de quand datent les dumps"),
	},
}, func(ctx context.Context, s *System, p dumpsParams) (ops.Answer, error) {
	v, err := s.overview(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	if p.Database != "" {
		return s.dumpsOf(ctx, v, p.Database)
	}
	return s.allDumps(ctx, v), nil
})

// glance reads the files that were not read before, the smallest first, for as long as a list may take.
func (s *System) glance(ctx context.Context, files []File) {
	ctx, cancel := context.WithTimeout(ctx, readingTime)
	defer cancel()
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Size, b.Size) })
	for _, f := range files {
		if _, known := s.proof(f); !known && ctx.Err() == nil {
			_, _ = s.read(ctx, f, nil) // how it came out is remembered, or is not known yet
		}
	}
}

// state says of a file what is known of it.
func (s *System) state(f File) (mark string, t ops.Text) {
	p, known := s.proof(f)
	switch {
	case !known && f.Size > 0:
		return ops.Off, ops.T("not read yet", "pas encore relu")
	case !known || p.bad != nil:
		return ops.Broken, ops.T("does not read back", "ne se relit pas")
	}
	return ops.Fine, ops.T("reads back whole", "se relit en entier")
}

func (s *System) allDumps(ctx context.Context, v overview) (a ops.Answer) {
	var newest []File
	for _, d := range v.live {
		if i := slices.IndexFunc(v.dumps[d.Name], func(f File) bool { return !f.Ours }); i >= 0 {
			newest = append(newest, v.dumps[d.Name][i])
		}
	}
	s.glance(ctx, newest)
	bad, old := 0, 0
	var lines []ops.Text
	for _, f := range newest {
		mark, state := s.state(f)
		switch {
		case mark == ops.Broken:
			bad++
		case time.Since(f.Made) > stale:
			mark = ops.AtRisk
			old++
		}
		lines = append(lines, ops.T("%s %s · %s (%s), %s · %s", "%s %s · %s (%s), %s · %s", mark, ops.Name(f.Database), age(f.Made), s.clock(f.Made), ops.Size(f.Size), state))
	}
	a.Line(headline(v, newest, bad, old))
	if u := v.uncovered(); len(u) > 0 {
		a.Line(ops.T("🟠 nobody dumps: %s", "🟠 personne ne fait de dump de : %s", list(6, u...)))
	}
	for i, l := range lines {
		a.Blocks = append(a.Blocks, ops.Block{Line: l, Fold: i >= 8})
	}
	if len(v.gone) > 0 {
		a.Line(ops.T("⚪ only dumps, no database: %s", "⚪ seulement des dumps, sans base : %s", list(4, v.gone...)))
	}
	s.keptLine(&a, v, "")
	a.Row(ops.AskFor(ops.T("Restore…", "Restaurer…"), "postgres.restore"), ops.AskFor(ops.T("Dump all now", "Tout sauvegarder"), "postgres.dump", "database", everything))
	return a
}

func age(t time.Time) ops.Text { return ops.T("%s ago", "il y a %s", ops.Since(t)) }

func headline(v overview, newest []File, bad, old int) ops.Text {
	count := func(n int) ops.Count {
		return ops.Count{N: n, EnOne: "database", EnMany: "databases", FrOne: "base", FrMany: "bases"}
	}
	total := count(len(v.live))
	switch u := len(v.uncovered()); {
	case len(newest) == 0:
		return ops.T("🔴 no dump of any of the %s", "🔴 aucun dump pour %s", total)
	case bad > 0:
		return ops.T("🔴 the newest dump of %s of %d does not read back", "🔴 le dernier dump de %s sur %d ne se relit pas", count(bad), len(v.live))
	case old+u > 0:
		return ops.T("🟠 %s of %d without a dump of the last day", "🟠 %s sur %d sans dump du dernier jour", count(old+u), len(v.live))
	}
	first := slices.MinFunc(newest, func(a, b File) int { return a.Made.Compare(b.Made) })
	return ops.T("🟢 %s dumped, all within %s", "🟢 dumps faits pour %s, tous depuis moins de %s", total, ops.Since(first.Made))
}

// keptLine tells of what is kept of earlier restores, of one database or of all.
func (s *System) keptLine(a *ops.Answer, v overview, of string) {
	var size int64
	var names []string
	for _, d := range v.kept {
		if of == "" || v.liveOf(d) == of {
			size += d.Size
			names = append(names, d.Name)
		}
	}
	if len(names) > 0 {
		a.Line(ops.T("⚪ kept from restores, %s: %s · /tidy", "⚪ gardé de restaurations, %s : %s · /tidy", ops.Size(size), list(3, names...)))
	}
}

// dumpsOf lists the dumps of one database.
func (s *System) dumpsOf(ctx context.Context, v overview, database string) (a ops.Answer, err error) {
	files, name := v.dumps[database], ops.Name(database)
	if len(files) == 0 {
		return a, ops.Fail(ops.NotFound, ops.T("There is no dump of %s. /dump %s makes one.", "Il n’y a aucun dump de %s. /dump %s en fait un.", name, database), nil)
	}
	s.glance(ctx, files[:min(len(files), 8)])
	mark, state := s.state(files[0])
	if mark != ops.Broken && time.Since(files[0].Made) > stale {
		mark = ops.AtRisk
	}
	a.Line(ops.T("%s %s · newest dump %s (%s), %s · %s", "%s %s · dernier dump %s (%s), %s · %s", mark, name, age(files[0].Made), s.clock(files[0].Made), ops.Size(files[0].Size), state))
	for i, f := range files {
		mark, state := s.state(f)
		if f.Ours {
			state = ops.T("%s, safety dump before a restore", "%s, dump de sécurité avant une restauration", state)
		}
		if p, ok := s.proof(f); ok && p.bad == nil {
			state = ops.T("%s, %s", "%s, %s", state, p.form())
		}
		a.Blocks = append(a.Blocks, ops.Block{Fold: i >= 8, Line: ops.T("%s %s · %s, %s · %s", "%s %s · %s, %s · %s", mark, ops.Name(f.Name), age(f.Made), ops.Size(f.Size), state)})
	}
	s.keptLine(&a, v, database)
	var row []ops.Button
	for _, f := range files[:min(len(files), 3)] {
		if _, known := s.proof(f); known {
			row = append(row, ops.AskFor(ops.T("Restore %s", "Restaurer %s", s.clock(f.Made)), "postgres.restore", "database", database, "dump", s.choiceOf(files, f)))
		}
	}
	a.Row(row...).Row(ops.AskFor(ops.T("Dump now", "Sauvegarder maintenant"), "postgres.dump", "database", database))
	return a, nil
}

// choiceOf is what f is chosen by among files.
func (s *System) choiceOf(files []File, f File) string {
	for i, c := range s.dumpChoices(files, false) {
		if files[i].Path == f.Path {
			return c.Value
		}
	}
	return f.Path
}

// form is how a dump is written, and by which server: «custom, PostgreSQL 15.18», «plain in gzip».
func (c Contents) form() ops.Text {
	t := ops.T("%s", "%s", string(c.Format))
	if c.Packed != "" {
		t = ops.T("%s in %s", "%s dans %s", t, c.Packed)
	}
	if c.Version != "" {
		t = ops.T("%s, PostgreSQL %s", "%s, PostgreSQL %s", t, cut(c.Version, 12))
	}
	return t
}
