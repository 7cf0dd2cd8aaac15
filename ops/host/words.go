package host

import (
	"fmt"
	"strings"

	"vigie/ops"
)

var themeLook = ops.T("See", "Voir")

func cores(n int) ops.Count {
	return ops.Count{N: n, EnOne: "core", EnMany: "cores", FrOne: "cœur", FrMany: "cœurs"}
}

func loads(r Reading) string { return fmt.Sprintf("%.1f %.1f %.1f", r.Load[0], r.Load[1], r.Load[2]) }

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// bar draws a percentage in ten parts. What is not nothing shows.
func bar(percent float64) string {
	full := min(int(percent/10+0.5), 10)
	if percent > 0 {
		full = max(full, 1)
	}
	return strings.Repeat("▇", full) + strings.Repeat("░", 10-full)
}

func freeSpace() ops.Button {
	return ops.AskFor(ops.T("Free space…", "Libérer de la place…"), "docker.prune")
}

// more leads to all that is known of the machine.
func (o *opinion) more() ops.Button {
	return ops.AskFor(ops.Raw(o.m.Name+" ▸"), "host.show", "host", o.m.Name)
}

// whoUses leads to those that use the memory and the processors, where they are known.
func (o *opinion) whoUses() (list []ops.Button) {
	if o.m.Docker != nil {
		list = append(list, ops.AskFor(ops.T("Who uses it", "Qui l’utilise"), "docker.stats"))
	}
	return append(list, o.more())
}

// rounded is a size of two digits: what is left wavers, and nobody needs the third.
func rounded(n int64) ops.Size {
	unit := int64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	return ops.Size(n / unit * unit)
}
