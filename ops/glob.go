package ops

// Glob reports whether s matches pattern, in which * stands for any characters and ? for one. Nothing else is special.
func Glob(pattern, s string) bool {
	return Wild([]rune(pattern), []rune(s), func(p, c rune) bool { return p == '?' || p == c })
}

// GlobAny reports whether s matches one of the patterns; no patterns match everything.
func GlobAny(patterns []string, s string) bool {
	for _, p := range patterns {
		if Glob(p, s) {
			return true
		}
	}
	return len(patterns) == 0
}

// Wild walks pattern and s once and goes back to the last * only, so that no pattern takes exponential time. same says
// whether a character of the pattern other than * takes one of s.
func Wild(pattern, s []rune, same func(p, c rune) bool) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && same(pattern[p], s[i]):
			p, i = p+1, i+1
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
