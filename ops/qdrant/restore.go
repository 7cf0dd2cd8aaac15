package qdrant

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

type restoreParams struct {
	Collection string `doc:"which collection" fr:"quelle collection" names:"qdrant-collection"`
	Snapshot   string `doc:"which snapshot; I show them if it is left out" fr:"quel instantané ; je les montre sinon" names:"qdrant-snapshot" optional:"true"`
}

// keptFor is how long a restore can be undone by a tap. What was there before stays on this machine's disk.
const keptFor = 24 * time.Hour

var _ = ops.Add(&set, ops.Spec{
	Name: "qdrant.restore", Command: "restore_qdrant", Theme: theme, Risk: ops.Destructive, Examples: []string{"docs"},
	Doc: ops.T("Put a snapshot in the place of a collection of Qdrant, once it was seen to load; what was there is kept for a day.",
		"Remettre un instantané à la place d’une collection de Qdrant, une fois vu qu’il se charge ; ce qu’il y avait est gardé un jour."),
	Phrases: []ops.Text{ops.T("restore the collection docs", "restaure la collection docs"), ops.T("put docs of qdrant back", "remets la collection docs de qdrant")},
}, func(ctx context.Context, s *System, p restoreParams) (ops.Plan, error) {
	if s.o.Folder == "" {
		return ops.Plan{}, noFolder()
	}
	there, err := s.has(ctx, p.Collection)
	if err != nil {
		return ops.Plan{}, err
	}
	c, err := s.choose(ctx, p, there)
	if err != nil {
		return ops.Plan{}, err
	}
	j := job{Collection: p.Collection, File: c.path, Sum: c.sum}
	for n := 0; ; n++ { // each restore keeps what it finds: never under the name of what an earlier one kept
		j.name(s.o.Folder, keyFor(c.sum, p.Collection, c.name, n))
		if !j.begun() {
			break
		}
	}
	plan := ops.Plan{
		Title:  ops.T("Restore %s from %s (%s ago, %s)", "Restaurer %s depuis %s (il y a %s, %s)", ops.Name(p.Collection), ops.Name(c.name), ops.Since(c.at), ops.Size(c.size)),
		Target: p.Collection, Locks: []string{"qdrant:" + p.Collection}, UndoFor: keptFor,
		Done: ops.T("%s restored", "%s restaurée", ops.Name(p.Collection)),
		Facts: []ops.Fact{
			{Name: "snapshot", Value: c.name, Label: ops.T("the snapshot", "l’instantané")},
			{Name: "size", Value: fmt.Sprint(c.size), Label: ops.T("its size", "sa taille")},
			{Name: "sha256", Value: c.sum, Label: ops.T("what is in it", "son contenu")},
			{Name: "collection", Value: fmt.Sprint(there), Label: ops.T("whether the collection is there", "la présence de la collection")},
		},
	}
	if c.server != "" {
		j.File = filepath.Join(s.o.Folder, safe(p.Collection)+"-vigie_from_"+j.Key+ending)
		plan.Steps = append(plan.Steps, fetch.Do(fetchArgs{p.Collection, c.server, c.sum, c.size, j.File}))
	}
	plan.Steps = append(plan.Steps, j.steps()...)
	plan.Costs, err = s.costs(ctx, p.Collection, c, there)
	return plan, err
})

// A job is one restore, as its steps know it.
type job struct {
	Collection string `json:"collection"`
	File       string `json:"file"`          // the snapshot, on this machine
	Sum        string `json:"sum,omitempty"` // its SHA-256; "" where that is not known when it is planned
	Scratch    string `json:"scratch"`       // the collection beside, that it is tried with
	Safety     string `json:"safety"`        // where what was there before is kept, on this machine
	Key        string `json:"key"`
}

func (j *job) name(folder, key string) {
	j.Key = key
	j.Scratch = restoring + key
	j.Safety = filepath.Join(folder, safe(j.Collection)+before+key+ending)
}

// begun reports whether a restore of that name has kept something already.
func (j job) begun() bool {
	_, kept := os.Lstat(j.Safety)
	_, none := os.Lstat(j.none())
	return kept == nil || none == nil
}

// keyFor names one restore.
func keyFor(parts ...any) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(parts...)))
	return hex.EncodeToString(sum[:4])
}

// safe is a collection's name as part of a file's.
func safe(collection string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == 0 {
			return '_'
		}
		return r
	}, strings.TrimLeft(collection, "."))
}

// steps are what both a restore that is asked for and one of everything do. What can fail comes before the collection is touched.
func (j job) steps() []ops.Step {
	return []ops.Step{
		trial.Do(j).Undoing(dropScratch.Do(j)), compared.Verify(j),
		safety.Do(j), recovered.Do(j).Undoing(giveBack.Do(j)), answers.Verify(j),
		dropScratch.Do(j),
	}
}

// A candidate is a snapshot that could be restored.
type candidate struct {
	name   string
	path   string // on this machine, or
	server string // what Qdrant calls it
	sum    string
	size   int64
	at     time.Time
}

// choose finds the snapshot that was asked for, or asks which. One on this machine is read to its end.
func (s *System) choose(ctx context.Context, p restoreParams, there bool) (c candidate, err error) {
	all, err := s.candidates(ctx, p.Collection, there)
	if err != nil {
		return c, err
	}
	i := slices.IndexFunc(all, func(c candidate) bool { return c.name == p.Snapshot })
	if i < 0 {
		e := ops.Fail(ops.Invalid, ops.T("Restore %s from which snapshot?", "Restaurer %s depuis quel instantané ?", ops.Name(p.Collection)), nil)
		switch {
		case len(all) == 0 && !there:
			return c, s.noSuch(ctx, p.Collection, ops.Fail(ops.NotFound, ops.T("no such collection", "pas de telle collection"), nil))
		case len(all) == 0:
			return c, ops.Fail(ops.NotFound, ops.T("There is no snapshot of %s, neither in Qdrant nor here. /qdrant_snapshot %s makes one.", "Il n’y a pas d’instantané de %s, ni dans Qdrant ni ici. /qdrant_snapshot %s en fait un.",
				ops.Name(p.Collection), p.Collection), nil)
		case p.Snapshot != "":
			e = ops.Fail(ops.NotFound, ops.T("There is no snapshot %s of %s.", "Il n’y a pas d’instantané %s de %s.", ops.Name(p.Snapshot), ops.Name(p.Collection)), nil)
		}
		e.Param = "snapshot"
		for _, c := range all[:min(len(all), 8)] {
			label := ops.T("%s ago, %s", "il y a %s, %s", ops.Since(c.at), ops.Size(c.size))
			e.Choices = append(e.Choices, ops.Choice{Value: c.name, Hint: label, Label: label})
		}
		return c, e
	}
	c = all[i]
	if c.server == "" {
		found, err := read(ctx, c.path)
		if err != nil {
			return c, err
		}
		c.sum = found.Sum
	}
	return c, nil
}

// candidates lists the snapshots of a collection, newest first: those on this machine, and those that Qdrant has.
func (s *System) candidates(ctx context.Context, collection string, there bool) (list []candidate, err error) {
	for _, f := range s.files() {
		if f.Collection == collection || f.Collection == safe(collection) {
			list = append(list, candidate{name: f.Name, path: f.Path, size: f.Size, at: f.At})
		}
	}
	if there {
		held, err := s.snapshots(ctx, collection)
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			list = append(list, candidate{name: h.Name, server: h.Name, sum: h.Sum, size: h.Size, at: h.at()})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return b.at.Compare(a.at) })
	return list, nil
}

func (s *System) costs(ctx context.Context, collection string, c candidate, there bool) (list []ops.Text, err error) {
	if !there {
		return []ops.Text{ops.T("there is no %s now: it is made", "il n’y a pas de %s en ce moment : elle est créée", ops.Name(collection))}, nil
	}
	n, err := s.count(ctx, collection)
	if err != nil {
		return nil, err
	}
	return []ops.Text{
		ops.T("%s now. You lose what was written since, %s ago.", "%s en ce moment. Tu perds ce qui a été écrit depuis, il y a %s.", points(n), ops.Since(c.at)),
		ops.T("Searches in it may fail for moments while Qdrant takes it over.", "Les recherches peuvent échouer quelques instants pendant que Qdrant la reprend."),
		ops.T("Meanwhile Qdrant holds it twice: that takes about %s of its disk.", "Pendant ce temps Qdrant l’a en double : il faut environ %s de son disque.", ops.Size(2*c.size)),
	}, nil
}

// Arriving are the steps that restore a collection from a snapshot that will be at path on this machine, into a Qdrant that will run by
// then; none where nobody said where to keep what is there. attempt is a word that no other restore has.
func (s *System) Arriving(collection, path, attempt string) (steps []ops.Step, locks []string) {
	if s.o.Folder == "" {
		return nil, nil
	}
	j := job{Collection: collection, File: path}
	j.name(s.o.Folder, keyFor(attempt, collection))
	return j.steps(), []string{"qdrant:" + collection}
}

var _ = ops.Names(&set, "qdrant-collection", func(ctx context.Context, s *System) (list []ops.Choice, err error) {
	all, err := s.Collections(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range s.files() {
		if f.Collection != "" && !slices.Contains(all, f.Collection) {
			all = append(all, f.Collection)
		}
	}
	for _, name := range all {
		list = append(list, ops.Choice{Value: name})
	}
	return list, nil
})

var _ = ops.Names(&set, "qdrant-snapshot", func(ctx context.Context, s *System) (list []ops.Choice, err error) {
	hint := func(size int64, at time.Time) ops.Text {
		return ops.T("%s, %s ago", "%s, il y a %s", ops.Size(size), ops.Since(at))
	}
	for _, f := range s.files() {
		list = append(list, ops.Choice{Value: f.Name, Hint: hint(f.Size, f.At)})
	}
	all, err := s.Collections(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range all {
		held, err := s.snapshots(ctx, name)
		if err != nil && ops.KindOf(err) != ops.NotFound { // removed meanwhile
			return nil, err
		}
		for _, h := range held {
			list = append(list, ops.Choice{Value: h.Name, Hint: hint(h.Size, h.at())})
		}
	}
	return list, nil
})
