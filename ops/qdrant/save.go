package qdrant

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vigie/ops"
)

// Save has Qdrant make a snapshot of a collection and brings it to path on this machine, which must not be there. It was read back whole,
// and is what Qdrant says it is, when Save returns without an error; else there is none. What Qdrant keeps of it is removed.
func (s *System) Save(ctx context.Context, collection, path string, progress func(ops.Text)) (contents, error) {
	if progress == nil {
		progress = func(ops.Text) {}
	}
	progress(ops.T("Qdrant makes a snapshot", "Qdrant fait un instantané"))
	made, err := s.make(ctx, collection)
	if err != nil {
		return contents{}, harmless(err)
	}
	defer func() { // one that stays takes room there, and no harm is done
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		_ = s.forget(ctx, collection, made.Name)
	}()
	return s.bring(ctx, collection, made, path, progress)
}

// bring copies a snapshot that Qdrant has to path.
func (s *System) bring(ctx context.Context, collection string, snap snapshot, path string, progress func(ops.Text)) (contents, error) {
	in, err := s.open(ctx, collection, snap.Name)
	if err != nil {
		return contents{}, err
	}
	defer in.Close()
	c, err := keep(ctx, in, path, progress)
	if err == nil && (snap.Sum != "" && c.Sum != snap.Sum || c.Size != snap.Size) {
		err = ops.Fail(ops.Failed, ops.T("what came over is not the snapshot that Qdrant made: %s of %s", "ce qui est arrivé n’est pas l’instantané que Qdrant a fait : %s sur %s", ops.Size(c.Size), ops.Size(snap.Size)), os.Remove(path))
	}
	return c, err
}

// harmless makes of what nobody knows a failure, where either does no harm.
func harmless(err error) error {
	if ops.KindOf(err) == ops.Unknown {
		return ops.Fail(ops.Failed, ops.SayOf(err), err)
	}
	return err
}

// Verify reads a snapshot on this machine to its end, and says how many files are in it. The error of one that is not whole is of kind
// Invalid.
func (s *System) Verify(ctx context.Context, path string) (files int, err error) {
	c, err := read(ctx, path)
	return c.Files, err
}

type snapshotParams struct {
	Collection string `doc:"which collection" fr:"quelle collection" names:"qdrant-collection"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "qdrant.snapshot", Command: "qdrant_snapshot", Theme: theme, Risk: ops.Reversible, Examples: []string{"docs"},
	Doc:     ops.T("Make a snapshot of a collection of Qdrant and bring it to this machine.", "Faire un instantané d’une collection de Qdrant et le rapatrier ici."),
	Phrases: []ops.Text{ops.T("back up the collection docs", "sauvegarde la collection docs"), ops.T("make a snapshot of docs", "fais un instantané de docs")},
}, func(ctx context.Context, s *System, p snapshotParams) (ops.Plan, error) {
	if s.o.Folder == "" {
		return ops.Plan{}, noFolder()
	}
	c, err := s.collection(ctx, p.Collection)
	if err != nil {
		return ops.Plan{}, s.noSuch(ctx, p.Collection, err)
	}
	return ops.Plan{
		Title:  ops.T("Make a snapshot of %s, %s", "Faire un instantané de %s, %s", ops.Name(p.Collection), points(c.Points)),
		Target: p.Collection, Locks: []string{"qdrant:" + p.Collection},
		Steps: []ops.Step{saved.Do(savedArgs{p.Collection, s.o.Folder})},
		Done:  ops.T("%s saved", "%s enregistrée", ops.Name(p.Collection)),
	}, nil
})

type savedArgs struct {
	Collection string `json:"collection"`
	Folder     string `json:"folder"`
}

var saved = ops.Declare(&set, "qdrant.saved", func(a savedArgs) ops.Text {
	return ops.T("have Qdrant make a snapshot of %s, bring it to %s, and read it back whole", "faire faire à Qdrant un instantané de %s, le rapatrier dans %s, et le relire en entier", ops.Name(a.Collection), ops.Name(a.Folder))
}, func(ctx context.Context, s *System, a savedArgs) error {
	path := filepath.Join(a.Folder, fmt.Sprintf("%s-%s%s", safe(a.Collection), time.Now().UTC().Format(stampFor), ending))
	c, err := s.Save(ctx, a.Collection, path, func(t ops.Text) { ops.Progress(ctx, t) })
	if err == nil {
		ops.Progress(ctx, ops.T("%s, %s, read back", "%s, %s, relu", ops.Name(filepath.Base(path)), ops.Size(c.Size)))
	}
	return err
})

func points(n int64) ops.Count {
	return ops.Count{N: int(n), EnOne: "point", EnMany: "points", FrOne: "point", FrMany: "points"}
}

func noFolder() error {
	return ops.Fail(ops.Invalid, ops.T("I was not told where to keep snapshots of Qdrant. Set dump_dir in [qdrant].", "On ne m’a pas dit où garder les instantanés de Qdrant. Règle dump_dir dans [qdrant]."), nil)
}

// noSuch says which collections there are, where the one that was asked for is not.
func (s *System) noSuch(ctx context.Context, name string, err error) error {
	if ops.KindOf(err) != ops.NotFound {
		return err
	}
	e := ops.Fail(ops.NotFound, ops.T("There is no collection %s.", "Il n’y a pas de collection %s.", ops.Name(name)), err)
	e.Param = "collection"
	all, err := s.Collections(ctx)
	if err == nil {
		for _, c := range all {
			e.Choices = append(e.Choices, ops.Choice{Value: c})
		}
	}
	return e
}
