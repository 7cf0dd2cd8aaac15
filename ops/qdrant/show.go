package qdrant

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

type showParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "qdrant.show", Command: "qdrant", Theme: theme, Examples: []string{""},
	Doc:     ops.T("The collections of Qdrant, and which snapshots of them are really there.", "Les collections de Qdrant, et les instantanés qui en existent vraiment."),
	Phrases: []ops.Text{ops.T("what is in qdrant", "qu’y a-t-il dans qdrant"), ops.T("show the vector collections", "montre les collections de vecteurs")},
}, func(ctx context.Context, s *System, _ showParams) (ops.Answer, error) {
	names, err := s.Collections(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	var a ops.Answer
	var lines []ops.Text
	bad, bare := 0, 0
	files := s.files()
	for _, name := range names {
		c, err := s.collection(ctx, name)
		if err != nil {
			return ops.Answer{}, err
		}
		held, err := s.snapshots(ctx, name)
		if err != nil {
			return ops.Answer{}, err
		}
		mark := ops.Fine
		kept, saved := newest(files, name, held)
		if !saved {
			mark, bare = ops.AtRisk, bare+1
		}
		if c.Status != "green" && c.Status != "yellow" {
			mark, bad = ops.Broken, bad+1
		}
		lines = append(lines, ops.T("%s %s · %s · %s · %s", "%s %s · %s · %s · %s", ops.Raw(mark), ops.Name(name), points(c.Points), c.shape(), kept))
	}
	n := ops.Count{N: len(names), EnOne: "collection", EnMany: "collections", FrOne: "collection", FrMany: "collections"}
	switch {
	case bad > 0:
		a.Line(ops.T("🔴 %d of %s broken", "🔴 %d sur %s en panne", bad, n))
	case bare > 0:
		a.Line(ops.T("🟠 %s, %d without a snapshot anywhere", "🟠 %s, dont %d sans aucun instantané", n, bare))
	default:
		a.Line(ops.T("🟢 %s", "🟢 %s", n))
	}
	for _, l := range lines {
		a.Line(l)
	}
	for _, f := range s.onlyNames() {
		a.Line(f.says())
	}
	if len(names) > 0 && s.o.Folder != "" {
		a.Row(ops.AskFor(ops.T("Make a snapshot…", "Faire un instantané…"), "qdrant.snapshot"), ops.AskFor(ops.T("Restore…", "Restaurer…"), "qdrant.restore"))
	}
	return a, nil
})

// newest says which snapshot of a collection is the newest, and where it is.
func newest(files []file, name string, held []snapshot) (ops.Text, bool) {
	i := slices.IndexFunc(files, func(f file) bool { return f.Collection == safe(name) })
	switch {
	case i >= 0 && (len(held) == 0 || files[i].At.After(held[0].at())):
		return ops.T("snapshot here, %s ago, %s", "instantané ici, il y a %s, %s", ops.Since(files[i].At), ops.Size(files[i].Size)), true
	case len(held) > 0:
		return ops.T("snapshot in Qdrant only, %s ago, %s", "instantané dans Qdrant seulement, il y a %s, %s", ops.Since(held[0].at()), ops.Size(held[0].Size)), true
	}
	return ops.T("no snapshot", "aucun instantané"), false
}

// A nameOnly is a file that should be a copy of Qdrant and holds a snapshot's name.
type nameOnly struct {
	path, snapshot string
	at             time.Time
}

func (n nameOnly) says() ops.Text {
	return ops.T("🟠 the backup %s holds a snapshot's name (%s), and nothing of Qdrant's data", "🟠 la sauvegarde %s contient le nom d’un instantané (%s), et rien des données de Qdrant", ops.Name(filepath.Base(n.path)), ops.Name(n.snapshot))
}

// mostName is how large a file that holds but a name can be: the name, or the whole answer that it came in.
const mostName = 4096

var aName = regexp.MustCompile(`[\w.@:-]{1,200}\.snapshot\b`)

// onlyNames looks at the newest file of each pattern.
func (s *System) onlyNames() (list []nameOnly) {
	for _, pattern := range s.o.Names {
		paths, _ := filepath.Glob(pattern) // it was checked with the configuration
		var last string
		var at time.Time
		size := int64(0)
		for _, p := range paths {
			if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() && info.ModTime().After(at) {
				last, at, size = p, info.ModTime(), info.Size()
			}
		}
		if last == "" || size > mostName {
			continue
		}
		raw, err := os.ReadFile(last)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			continue
		}
		if name := aName.FindString(string(raw)); name != "" {
			list = append(list, nameOnly{last, strings.TrimSpace(name), at})
		}
	}
	return list
}
