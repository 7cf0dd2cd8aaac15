package bot

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxGlyph is how many bytes are kept together as one character that a person sees. Longer ones are made
// to break screens.
const maxGlyph = 96

// glyph is the length in bytes of the first character of s as a person sees it: a letter with its accents,
// an emoji with its skin tone, a flag.
func glyph(s string) int {
	prev, n := utf8.DecodeRuneInString(s)
	flag := isFlag(prev)
	for n < len(s) {
		next, size := utf8.DecodeRuneInString(s[n:])
		switch {
		case extends(next):
		case prev == joiner && next >= 0x2190: // an emoji made of several
		case flag && isFlag(next):
			flag = false
		case prev >= 0x1100 && prev <= 0x11ff && next >= 0x1160 && next <= 0x11ff: // one Korean syllable
		default:
			return n
		}
		if n+size > maxGlyph {
			return n
		}
		prev, n = next, n+size
	}
	return n
}

const joiner = 0x200d

func isFlag(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// extends reports whether r belongs to the character before it.
func extends(r rune) bool {
	return r == joiner || r == 0x200c || r >= 0x300 && unicode.In(r, unicode.M) || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f
}

// units is the length of s as Telegram counts: in UTF-16.
func units(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// columns is how wide s is in monospace.
func columns(s string) (n int) {
	for len(s) > 0 {
		size := glyph(s)
		n += width(s[:size])
		s = s[size:]
	}
	return n
}

// width is how wide one character is.
func width(g string) int {
	r, size := utf8.DecodeRuneInString(g)
	switch {
	case r < 0x300:
		return 1
	case strings.ContainsRune(g[size:], 0xfe0f), isWide(r): // fe0f asks for the emoji
		return 2
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	return 1
}

// wide are the ranges that take two columns: East Asian letters and emoji.
var wide = [][2]rune{
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3},
	{0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1},
	{0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4}, {0x26ea, 0x26ea},
	{0x26f2, 0x26f3}, {0x26f5, 0x26f5}, {0x26fa, 0x26fa}, {0x26fd, 0x26fd}, {0x2705, 0x2705}, {0x270a, 0x270b},
	{0x2728, 0x2728}, {0x274c, 0x274c}, {0x274e, 0x274e}, {0x2753, 0x2755}, {0x2757, 0x2757}, {0x2795, 0x2797},
	{0x27b0, 0x27b0}, {0x27bf, 0x27bf}, {0x2b1b, 0x2b1c}, {0x2b50, 0x2b50}, {0x2b55, 0x2b55}, {0x2e80, 0x303e},
	{0x3041, 0x4dbf}, {0x4e00, 0xa4cf}, {0xa960, 0xa97c}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe19},
	{0xfe30, 0xfe6f}, {0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
	{0x1f191, 0x1f19a}, {0x1f1e6, 0x1f202}, {0x1f210, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c},
	{0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4},
	{0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e},
	{0x1f550, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f},
	{0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7}, {0x1f6dc, 0x1f6df},
	{0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f7f0, 0x1f7f0}, {0x1f90c, 0x1f93a},
	{0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
}

func isWide(r rune) bool {
	low, high := 0, len(wide)
	for low < high {
		mid := (low + high) / 2
		if r > wide[mid][1] {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low < len(wide) && r >= wide[low][0]
}

// cut shortens s to most columns, with … for what is missing.
func cut(s string, most int) string {
	if columns(s) <= most {
		return s
	}
	at, n := 0, 1 // the …
	for at < len(s) {
		size := glyph(s[at:])
		if n += width(s[at : at+size]); n > most {
			break
		}
		at += size
	}
	return strings.TrimRight(s[:at], " ") + "…"
}

// firstUnits is how many bytes of s make at most so many UTF-16 units, in whole characters; at least one.
func firstUnits(s string, most int) int {
	at, n := 0, 0
	for at < len(s) {
		size := glyph(s[at:])
		if n += units(s[at : at+size]); n > most && at > 0 {
			break
		}
		at += size
	}
	return at
}

// blank reports whether nothing of s can be seen. Telegram refuses such a message.
func blank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) && !unicode.Is(unicode.C, r) && (r < 0xfe00 || r > 0xfe0f) && r != 0x2800 && r != 0x3164 && r != 0x115f && r != 0x1160 && r != 0xffa0 {
			return false
		}
	}
	return true
}
