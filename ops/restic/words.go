package restic

import (
	"strings"

	"vigie/ops"
)

var theme = ops.T("Backups", "Sauvegardes")

func snapshotsOf(n int) ops.Count {
	return ops.Count{N: n, EnOne: "snapshot", EnMany: "snapshots", FrOne: "cliché", FrMany: "clichés"}
}

func filesOf(n int) ops.Count {
	return ops.Count{N: n, EnOne: "file", EnMany: "files", FrOne: "fichier", FrMany: "fichiers"}
}

func locksOf(n int) ops.Count {
	return ops.Count{N: n, EnOne: "lock", EnMany: "locks", FrOne: "verrou", FrMany: "verrous"}
}

// some lists up to n names in monospace, and says how many more there are.
func some(n int, list []string) ops.Text {
	var shown []string
	for _, s := range list[:min(n, len(list))] {
		shown = append(shown, ops.Name(clip(s, 120)).String())
	}
	t := ops.Raw(strings.Join(shown, ", "))
	if more := len(list) - n; more > 0 {
		return ops.T("%s and %d more", "%s et %d de plus", t, more)
	}
	return t
}
