package checks

import "vigie/ops"

var themeLook = ops.T("See", "Voir")

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
